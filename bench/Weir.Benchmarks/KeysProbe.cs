using System.Threading.RateLimiting;

namespace Weir.Benchmarks;

/// <summary>
/// Many keys in random order, Weir's memory store beside the framework's partitioned limiter: nanoseconds a decision in
/// rounds that alternate, and bytes a key. A quick look at what <see cref="ManyKeysBenchmarks"/> measures with more patience.
/// </summary>
internal static class KeysProbe
{
    private const int Count = 1_000_000;
    private const int Decisions = 1_000_000;

    public static void Run()
    {
        var keys = Subjects.Keys(Count);
        var asked = Subjects.RandomKeys(Count, Decisions);
        long empty = GC.GetTotalMemory(forceFullCollection: true);
        var weir = Subjects.Weir(Count);
        foreach (string key in keys)
            _ = Subjects.Take(weir, key);
        long filled = GC.GetTotalMemory(forceFullCollection: true);
        var one = new Rounds(threads: 1);
        var all = new Rounds(Environment.ProcessorCount);
        double frameworkBytes = 0;
        for (int round = 0; round < Rounds.Count; round++)
        {
            one.Weir(weir, asked);
            all.Weir(weir, asked);
            // New in each round, and gone before the next: its timer fills a million buckets ten times a second, on a core that Weir would have to share.
            using var framework = Subjects.Partitioned();
            foreach (string key in keys)
                framework.AttemptAcquire(key).Dispose();
            frameworkBytes = (double)(GC.GetTotalMemory(forceFullCollection: true) - filled) / Count;
            one.Framework(framework, asked);
            all.Framework(framework, asked);
        }

        Console.WriteLine($"{Count:N0} keys: weir {(double)(filled - empty) / Count:N0} bytes a key, framework {frameworkBytes:N0}");
        one.Print();
        all.Print();
        GC.KeepAlive(weir);
    }

    /// <summary>Paired rounds on so many threads.</summary>
    private sealed class Rounds(int threads)
    {
        public const int Count = 7;

        private readonly List<double> _ours = [];
        private readonly List<double> _theirs = [];

        public void Weir(RateLimiter weir, string[] asked) =>
            _ours.Add(NanosecondsOf(threads, asked, key => _ = Subjects.Take(weir, key)));

        public void Framework(PartitionedRateLimiter<string> framework, string[] asked) =>
            _theirs.Add(NanosecondsOf(threads, asked, key => framework.AttemptAcquire(key).Dispose()));

        public void Print()
        {
            double ratio = Median([.. _theirs.Zip(_ours, (their, our) => their / our)]);
            Console.WriteLine($"{threads} thread(s): weir {Median([.. _ours]):N0} ns a decision, framework {Median([.. _theirs]):N0}; {ratio:N1} times, median of {Count} paired rounds");
        }
    }

    /// <summary>Nanoseconds that pass for each decision while so many threads share the work.</summary>
    private static double NanosecondsOf(int threads, string[] asked, Action<string> decide) =>
        Crowd.TimeOf(threads, asked, share =>
        {
            foreach (string key in share.AsSpan())
                decide(key);
        }).TotalNanoseconds / asked.Length;

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
