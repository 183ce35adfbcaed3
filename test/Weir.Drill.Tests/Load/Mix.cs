namespace Weir.Drill.Tests.Load;

/// <summary>The policies of a drill, and who wants what of them: buckets that are nearly idle, busy, and used up all the time, of a few tenants.</summary>
internal static class Mix
{
    /// <summary>Bursts that a lax limiter would hand out again show best where little refills.</summary>
    public const string Policies =
        """
        defaultPlan: busy
        plans:
          busy: { limits: { per-key: { by: [key], rate: 100/s, burst: 200 } } }
          slow: { limits: { per-key: { by: [key], rate: 20/m, burst: 30 } } }
          few: { limits: { per-key: { by: [key], rate: 2/s, burst: 3 } } }
          odd: { limits: { per-key: { by: [key], rate: 30/2s, burst: 50 } } }
          both: { limits: { per-key: { by: [key], rate: 50/s, burst: 60 }, all: { by: [], rate: 70/s, burst: 80 } } }
          window: { limits: { per-key: { by: [key], window: { limit: 100, every: minute, zone: UTC } } } }
        tenants:
          acme: { plan: busy }
          snail: { plan: slow }
          tiny: { plan: few }
          odd: { plan: odd }
          pair: { plan: both }
          daily: { plan: window }

        """;

    /// <summary>Some 1,100 requests a second.</summary>
    public static readonly IReadOnlyList<Demand> Demands =
    [
        new("acme", "hot", 400, 1),
        new("acme", "warm", 50, 1),
        new("acme", "idle", 2, 1),
        new("snail", "a", 60, 1, 2, 3),
        new("snail", "some", 6, 1),
        new("snail", "idle", 1, 1),
        new("tiny", "a", 60, 1),
        new("odd", "a", 60, 1, 2, 5),
        new("pair", "a", 100, 1),
        new("pair", "b", 100, 1, 2),
        new("daily", "a", 100, 1),
        .. Enumerable.Range(0, 40).Select(i => new Demand("acme", $"one-of-many-{i}", 4, 1)),
    ];
}
