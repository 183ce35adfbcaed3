using System.Runtime.InteropServices;
using System.Threading.RateLimiting;

namespace Weir.Benchmarks;

/// <summary>
/// Many keys in random order, Weir's memory store beside the framework's partitioned limiter: nanoseconds a decision in
/// rounds that alternate, and bytes a key. A quick look at what <see cref="ManyKeysBenchmarks"/> measures with more patience.
/// </summary>
internal static partial class KeysProbe
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

        private readonly List<Cost> _ours = [];
        private readonly List<Cost> _theirs = [];

        public void Weir(RateLimiter weir, string[] asked) =>
            _ours.Add(CostOf(threads, asked, key => _ = Subjects.Take(weir, key)));

        public void Framework(PartitionedRateLimiter<string> framework, string[] asked) =>
            _theirs.Add(CostOf(threads, asked, key => framework.AttemptAcquire(key).Dispose()));

        public void Print()
        {
            Print("ns a decision", cost => cost.Elapsed);
            Print("ns of processor time a decision", cost => cost.Processor);
        }

        private void Print(string what, Func<Cost, double> value)
        {
            double ratio = Median(_theirs.Zip(_ours, (their, our) => value(their) / value(our)));
            Console.WriteLine($"{threads} thread(s): weir {Median(_ours.Select(value)):N0} {what}, framework {Median(_theirs.Select(value)):N0}; {ratio:N1} times, median of {Count} paired rounds");
        }
    }

    /// <summary>Nanoseconds for each decision.</summary>
    /// <param name="Elapsed">Elapsed time, the work divided among all threads.</param>
    /// <param name="Processor">Time of these threads on a core: other work on the machine disturbs it less.</param>
    private readonly record struct Cost(double Elapsed, double Processor);

    private static Cost CostOf(int threads, string[] asked, Action<string> decide)
    {
        long processor = 0;
        var elapsed = Crowd.TimeOf(threads, asked, share =>
        {
            long began = ThreadTime();
            foreach (string key in share.AsSpan())
                decide(key);
            Interlocked.Add(ref processor, ThreadTime() - began);
        });
        return new Cost(elapsed.TotalNanoseconds / asked.Length, (double)processor / asked.Length);
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    /// <summary>Nanoseconds that this thread has had a core.</summary>
    private static long ThreadTime()
    {
        const int ThreadClock = 3;
        _ = GetTime(ThreadClock, out var time);
        return (time.Seconds * 1_000_000_000) + time.Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
