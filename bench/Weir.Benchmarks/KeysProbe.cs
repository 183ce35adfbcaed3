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
        var asked = Subjects.RandomKeys(Count, Decisions);

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
            ours[round] = NanosecondsOf(asked, key => _ = Subjects.Take(weir, key));
            theirs[round] = NanosecondsOf(asked, key => framework.AttemptAcquire(key).Dispose());
        }

        double ratio = Median([.. theirs.Zip(ours, (their, our) => their / our)]);
        double bytes = (double)(withWeir - empty) / Count, frameworkBytes = (double)(withBoth - withWeir) / Count;
        Console.WriteLine($"weir      {Count,9:N0} keys {Median(ours),7:N0} ns a decision {bytes,6:N0} bytes a key");
        Console.WriteLine($"framework {Count,9:N0} keys {Median(theirs),7:N0} ns a decision {frameworkBytes,6:N0} bytes a key");
        Console.WriteLine($"framework / weir, median of {Rounds} paired rounds: {ratio:N1} times the time, {frameworkBytes / bytes:N1} times the memory");
        GC.KeepAlive(weir);
    }

    private static double NanosecondsOf(string[] asked, Action<string> decide)
    {
        long began = Stopwatch.GetTimestamp();
        foreach (string key in asked)
            decide(key);
        return Stopwatch.GetElapsedTime(began).TotalNanoseconds / asked.Length;
    }

    private static double Median(double[] values)
    {
        Array.Sort(values);
        return values[values.Length / 2];
    }
}
