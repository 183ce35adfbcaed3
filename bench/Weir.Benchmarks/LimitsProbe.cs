using System.Globalization;
using StackExchange.Redis;
using Weir.Redis;

namespace Weir.Benchmarks;

/// <summary>
/// What a decision over four limits costs Redis beside one over a single limit: its own count of processor time (INFO, used_cpu_user and
/// used_cpu_sys) over the same number of decisions, in pairs, alone and in a crowd.
/// </summary>
internal static class LimitsProbe
{
    private const int Decisions = 40_000;
    private const int Rounds = 7;
    private const int Keys = 10_000;

    private const string Policies =
        """
        defaultPlan: one
        plans:
          one: { limits: { per-key: { rate: 5/s } } }
          four:
            limits:
              per-key: { rate: 5/s }
              daily: { window: { limit: 10000, every: day, zone: Europe/Berlin } }
              tenant: { by: [], rate: 2000000/s }
              region: { by: [key, region], rate: 10/s }
        tenants: { four: { plan: four } }
        """;

    public static async Task RunAsync(string endpoint)
    {
        await using var store = new RedisStore(new RedisOptions { Endpoints = endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(5));
        await using var admin = await ConnectionMultiplexer.ConnectAsync(endpoint + ",allowAdmin=true");
        var limiter = new RateLimiter(PolicyDocument.Parse(Policies, "benchmark"), store, TimeProvider.System);
        foreach (int callers in new[] { 1, 64 })
        {
            var ratios = new List<double>();
            var (one, four) = (0.0, 0.0);
            for (int round = 0; round <= Rounds; round++)
            {
                one = await MeasureAsync(admin, limiter, "one", callers);
                four = await MeasureAsync(admin, limiter, "four", callers);
                // The first round warms up.
                if (round > 0)
                    ratios.Add(four / one);
            }

            ratios.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{callers} caller(s): one limit {one * 1e6:0.0} us of Redis' processor, four {four * 1e6:0.0}; {ratios[Rounds / 2]:0.00} times, median of {Rounds} pairs ({ratios[0]:0.00} to {ratios[^1]:0.00})"));
        }
    }

    /// <summary>Seconds of Redis' processor a decision.</summary>
    private static async Task<double> MeasureAsync(ConnectionMultiplexer admin, RateLimiter limiter, string tenant, int callers)
    {
        var attributes = new Dictionary<string, string> { ["region"] = "eu" };
        double before = await CpuAsync(admin);
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int i = caller; i < Decisions; i += callers)
                await limiter.TakeAsync(new RequestFacts(tenant, $"key{i % Keys}", 1, attributes));
        })));
        return (await CpuAsync(admin) - before) / Decisions;
    }

    private static async Task<double> CpuAsync(ConnectionMultiplexer admin)
    {
        var cpu = (await admin.GetServers()[0].InfoAsync("cpu"))[0].ToDictionary(pair => pair.Key, pair => pair.Value);
        return double.Parse(cpu["used_cpu_user"], CultureInfo.InvariantCulture) + double.Parse(cpu["used_cpu_sys"], CultureInfo.InvariantCulture);
    }
}
