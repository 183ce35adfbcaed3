using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Envoy;

/// <summary>Decides by a configuration on the memory store, with a clock that stands.</summary>
internal sealed class EnvoyRig : IDisposable
{
    private const string Policies =
        "{ defaultPlan: free, plans: { free: { limits: { per-key: { by: [key], rate: 5/s } } } } }";

    private readonly EnvoyMetrics _metrics = new();
    private readonly DecisionMetrics _decisions = new();
    private readonly EnvoyRuling _ruling;

    public EnvoyRig(string config, bool chargeAll = false, string policies = Policies)
    {
        Limiter = new RateLimiter(PolicyDocument.Parse(policies, "test"), Some.Memory(Time), Time);
        var options = new WeirOptions { Envoy = { ChargeAll = chargeAll } };
        var log = new DecisionLog(options, new ShownKeys(Limiter.NameOf), Time, NullLogger<DecisionLog>.Instance);
        var decider = new Decider(Limiter, new DecisionTelemetry(_decisions, log), Time);
        _ruling = new EnvoyRuling(
            new EnvoyConfigs(Configs.Read(config)), new EnvoyDecider(Limiter, decider), _metrics, Time, options);
    }

    public FakeTimeProvider Time { get; } = Some.Clock();

    public RateLimiter Limiter { get; }

    /// <summary>Decides descriptors spelled as <c>key=value,key=value</c>, by 1 hit.</summary>
    public EnvoyAnswer Decide(string domain, params string[] descriptors) =>
        Decide(domain, 1, [.. descriptors.Select(text => new EnvoyDescriptor(Configs.Entries(text)))]);

    public EnvoyAnswer Decide(string domain, uint hits, params EnvoyDescriptor[] descriptors) =>
        _ruling.DecideAsync(domain, descriptors, hits).AsTask().GetAwaiter().GetResult();

    /// <summary>Returns the codes of the statuses: <c>ok</c> or <c>over</c>, with the requests left.</summary>
    public string Codes(string domain, params string[] descriptors) => Spell(Decide(domain, descriptors));

    public static string Spell(EnvoyAnswer answer)
    {
        var statuses = answer.Statuses.Select(status => $"{Spell(status.Code)} {status.Remaining}");
        return $"{Spell(answer.Code)}: {string.Join(", ", statuses)}";
    }

    private static string Spell(EnvoyCode code) => code == EnvoyCode.Ok ? "ok" : "over";

    public void Dispose()
    {
        _metrics.Dispose();
        _decisions.Dispose();
    }
}
