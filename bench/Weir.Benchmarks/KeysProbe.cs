using System.Diagnostics;

namespace Weir.Benchmarks;

/// <summary>
/// Many keys in random order, Weir's memory store beside the framework's partitioned limiter: nanoseconds a decision in
/// rounds that alternate, and bytes a key. A quick look at what <see cref="ManyKeysBenchmarks"/> measures with more patience.
/// </summary>
internal static class KeysProbe
{
    private const int Count = 1_000_000;
    private const int Decisions = 1_000_000;
    private const int Rounds = 7;

    public static void Run()
    {
        var keys = Subjects.Keys(Count);
        var order = new int[Decisions];
        var random = new Random(1);
        for (int i = 0; i < order.Length; i++)
            order[i] = random.Next(Count);

        long empty = GC.GetTotalMemory(forceFullCollection: true);
        var weir = Subjects.Weir(Count);
        foreach (string key in keys)
            _ = Subjects.Take(weir, key);
        long withWeir = GC.GetTotalMemory(forceFullCollection: true);
        using var framework = Subjects.Partitioned();
        foreach (string key in keys)
            framework.AttemptAcquire(key).Dispose();
        long withBoth = GC.GetTotalMemory(forceFullCollection: true);

        var ours = new double[Rounds];
        var theirs = new double[Rounds];
        for (int round = 0; round < Rounds; round++)
        {
            ours[round] = NanosecondsOf(order, i => _ = Subjects.Take(weir, keys[i]));
            theirs[round] = NanosecondsOf(order, i => framework.AttemptAcquire(keys[i]).Dispose());
        }

        double ratio = Median([.. theirs.Zip(ours, (their, our) => their / our)]);
        double bytes = (double)(withWeir - empty) / Count, frameworkBytes = (double)(withBoth - withWeir) / Count;
        Console.WriteLine($"weir      {Count,9:N0} keys {Median(ours),7:N0} ns a decision {bytes,6:N0} bytes a key");
        Console.WriteLine($"framework {Count,9:N0} keys {Median(theirs),7:N0} ns a decision {frameworkBytes,6:N0} bytes a key");
        Console.WriteLine($"framework / weir, median of {Rounds} paired rounds: {ratio:N1} times the time, {frameworkBytes / bytes:N1} times the memory");
        GC.KeepAlive(weir);
    }

    private static double NanosecondsOf(int[] order, Action<int> decide)
    {
        long began = Stopwatch.GetTimestamp();
        foreach (int i in order)
            decide(i);
        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / order.Length;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
