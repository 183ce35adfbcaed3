using System.Diagnostics;

namespace Weir.Benchmarks;

/// <summary>Threads that work at once.</summary>
internal static class Crowd
{
    /// <summary>How long it takes until each thread has done its share of the items; what a thread does with its share is a loop of its own, so that no call stands in it.</summary>
    public static TimeSpan TimeOf<T>(int threads, T[] items, Action<ArraySegment<T>> work)
    {
        int share = items.Length / threads;
        var workers = Enumerable.Range(0, threads).Select(one => new Thread(() => work(new ArraySegment<T>(items, one * share, share)))).ToArray();
        long began = Stopwatch.GetTimestamp();
        foreach (var worker in workers)
            worker.Start();
        foreach (var worker in workers)
            worker.Join();
        return Stopwatch.GetElapsedTime(began);
    }
}
