using Weir.Drill.Tests.Faults;
using Weir.Drill.Tests.Load;

namespace Weir.Drill.Tests.Laws;

/// <summary>A log that nobody wrote but a test: four instances, one key, a fault from 10 s to 20 s, and all well again half a second later.</summary>
internal sealed class PlantedDrill
{
    public const int Instances = 4;

    private const string Policies =
        """
        defaultPlan: bucket
        plans:
          bucket: { limits: { per-key: { by: [key], rate: 10/s, burst: 20 } } }
          window: { limits: { per-key: { by: [key], window: { limit: 20, every: minute, zone: UTC } } } }
          few: { limits: { per-key: { by: [key], rate: 1/s, burst: 2 } } }
        tenants:
          daily: { plan: window }
          tiny: { plan: few }

        """;

    private readonly List<Logged> _log = [];
    private readonly List<Reading> _readings = [];
    private readonly Fault _fault;
    private readonly Demand _demand;

    public PlantedDrill(Fault? fault = null, string tenant = "acme")
    {
        _fault = fault ?? Vocabulary.KillRedis(TimeSpan.Zero);
        _demand = new Demand(tenant, "k", 1, 1);
    }

    /// <summary>Tokens that are admitted at a moment, by Redis or by an instance alone.</summary>
    public PlantedDrill Admit(double second, long cost, int instance = 0, bool alone = false)
    {
        long us = (long)(second * 1e6);
        _log.Add(new Logged(instance, _demand, cost, us, us + 1, new TakeAnswer(200, true, alone ? "memory" : "redis", alone, null)));
        return this;
    }

    /// <summary>So many at each instance by itself.</summary>
    public PlantedDrill AdmitAtEach(double second, long cost)
    {
        for (int instance = 0; instance < Instances; instance++)
            Admit(second, cost, instance, alone: true);
        return this;
    }

    /// <summary>What Redis says is left.</summary>
    public PlantedDrill Read(double second, long remaining)
    {
        long us = (long)(second * 1e6);
        _readings.Add(new Reading(0, _demand, "per-key", us, us + 1, remaining));
        return this;
    }

    public BucketVerdict Verdict() => Judge.Of(new DrillRecord(
        Instances, PolicyDocument.Parse(Policies, "a test's"), 0, 0, _log, [new Episode(_fault, 10_000_000, 10_001_000, 20_000_000, 20_500_000)], _readings)).Single();
}
