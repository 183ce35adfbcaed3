using System.Diagnostics;
using System.Globalization;
using Weir.Redis;

namespace Weir.Benchmarks;

/// <summary>
/// What a decision costs this process' processors where a crowd asks for keys by Zipf, as in <c>run-http --zipf</c> but without HTTP: on Redis beside memory, in pairs.
/// </summary>
internal static class CrowdProbe
{
    private const int Keys = 10_000;
    private const int Decisions = 300_000;
    private const int Rounds = 7;

    public static async Task RunAsync(string endpoint)
    {
        await using var store = new RedisStore(new RedisOptions { Endpoints = endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        await store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(5));
        var memory = new MemoryStore(new MemoryStoreOptions { MaxKeys = 2 * Keys }, TimeProvider.System);
        var facts = ByZipf(Decisions);
        foreach (int callers in new[] { 100, 1_000 })
        {
            var (ours, theirs) = (new List<double>(), new List<double>());
            long local = 0;
            for (int round = 0; round <= Rounds; round++)
            {
                long before = store.DecidedLocally;
                double one = await CpuOfAsync(store, facts, callers), other = await CpuOfAsync(memory, facts, callers);
                if (round == 0)
                    continue;
                local += store.DecidedLocally - before;
                ours.Add(one);
                theirs.Add(other);
            }

            ours.Sort();
            theirs.Sort();
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{callers} callers by Zipf: {ours[Rounds / 2]:0.00} us of this process a decision on Redis ({(double)local / Rounds / Decisions:0.00} of them without asking), {theirs[Rounds / 2]:0.00} in memory; medians of {Rounds} pairs"));
        }
    }

    /// <summary>The n-th key is asked for 1/n as often as the first.</summary>
    private static RequestFacts[] ByZipf(int draws)
    {
        double[] sums = new double[Keys];
        for (int i = 0; i < Keys; i++)
            sums[i] = (i == 0 ? 0 : sums[i - 1]) + (1.0 / (i + 1));
        var random = new Random(1);
        return [.. Enumerable.Range(0, draws).Select(_ =>
        {
            int at = Array.BinarySearch(sums, random.NextDouble() * sums[^1]);
            return Subjects.FactsOf($"user_{(at < 0 ? ~at : at)}");
        })];
    }

    private static async Task<double> CpuOfAsync(IBucketStore store, RequestFacts[] facts, int callers)
    {
        var limiter = new RateLimiter(Subjects.Policies(), store, TimeProvider.System);
        using var process = Process.GetCurrentProcess();
        var before = process.TotalProcessorTime;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            for (int i = caller; i < facts.Length; i += callers)
            {
                await limiter.TakeAsync(facts[i]).ConfigureAwait(false);
                // Memory answers at once, and would otherwise be asked by one caller after the other.
                await Task.Yield();
            }
        })));
        process.Refresh();
        return (process.TotalProcessorTime - before).TotalMicroseconds / facts.Length;
    }
}
