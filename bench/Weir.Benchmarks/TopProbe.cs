using System.Globalization;

namespace Weir.Benchmarks;

/// <summary>What counting a decision for the lists of top keys costs: nanoseconds and bytes, on one thread and on all, for three kinds of traffic.</summary>
internal static class TopProbe
{
    private static readonly Plan Plan = new("a", [], OnOutage.Local);
    private const int Count = 1 << 21;
    private const int Rounds = 7;

    public static void Run()
    {
        var random = new Random(1);
        Measure("one tenant, 100 keys", i => ("acme", $"user_{random.Next(100)}"));
        Measure("one tenant, a million keys", i => ("acme", $"user_{random.Next(1_000_000)}"));
        Measure("100,000 tenants, a million keys", i => ($"tenant{random.Next(100_000)}", $"user_{random.Next(1_000_000)}"));
    }

    private static void Measure(string name, Func<int, (string Tenant, string Key)> next)
    {
        var asked = Enumerable.Range(0, Count).Select(next).ToArray();
        using var top = new TopKeys(TimeProvider.System);
        foreach (int threads in new[] { 1, Environment.ProcessorCount })
        {
            var times = new List<double>();
            long bytes = 0;
            for (int round = 0; round < Rounds; round++)
            {
                long before = GC.GetTotalAllocatedBytes(precise: true);
                times.Add(NanosecondsOf(top, asked, threads));
                bytes = GC.GetTotalAllocatedBytes(precise: true) - before;
            }

            times.Sort();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{name}, {threads} thread(s): {times[Rounds / 2]:0} ns a decision ({times[0]:0} to {times[^1]:0}), {(double)bytes / Count:0.00} bytes"));
        }
    }

    /// <summary>Nanoseconds that each thread spends on a decision.</summary>
    private static double NanosecondsOf(TopKeys top, (string Tenant, string Key)[] asked, int threads) =>
        Crowd.TimeOf(threads, asked, share =>
        {
            foreach (var (tenant, key) in share.AsSpan())
                top.Record(new RequestFacts(tenant, key), Plan, allowed: true);
        }).TotalNanoseconds / (asked.Length / threads);
}
