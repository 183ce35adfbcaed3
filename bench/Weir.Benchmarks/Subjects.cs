using System.Threading.RateLimiting;

namespace Weir.Benchmarks;

/// <summary>What is measured beside one another: the same quota, 5 tokens a second and a burst of 10, in Weir and in the framework.</summary>
internal static class Subjects
{
    public static PolicySet Policies() => PolicyDocument.Parse(
        """
        defaultPlan: free
        plans: { free: { limits: { per-key: { rate: 5/s } } } }
        """,
        "benchmark");

    public static RateLimiter Weir(int maxKeys) => new(
        Policies(),
        new MemoryStore(new MemoryStoreOptions { MaxKeys = maxKeys }, TimeProvider.System),
        TimeProvider.System);

    public static PartitionedRateLimiter<string> Partitioned() =>
        PartitionedRateLimiter.Create<string, string>(key => RateLimitPartition.GetTokenBucketLimiter(key, _ => FrameworkOptions()));

    /// <summary>
    /// The framework's bucket does not read a clock when it is asked: it is filled by a timer (<c>AutoReplenishment</c>), or by
    /// whoever calls <c>TryReplenish</c>. The partitioned limiter turns the timer off and fills all buckets from its own.
    /// </summary>
    public static TokenBucketRateLimiterOptions FrameworkOptions() => new()
    {
        TokenLimit = 10,
        TokensPerPeriod = 1,
        ReplenishmentPeriod = TimeSpan.FromMilliseconds(200),
        QueueLimit = 0,
        AutoReplenishment = false,
    };

    public static string[] Keys(int count) => [.. Enumerable.Range(0, count).Select(i => $"user_{i}")];

    /// <summary>A take in memory, which is complete when it returns.</summary>
    public static Decision Take(RateLimiter limiter, string key, long cost = 1) => Completed(limiter.TakeAsync(FactsOf(key, cost)));

    public static T Completed<T>(ValueTask<T> decided) => decided.Result;

    /// <summary>
    /// Keys drawn at random, each a string of its own in the order in which they are asked: a request's key has just been read, so
    /// the caches hold it, and what is measured is the store's memory and not the caller's.
    /// </summary>
    public static string[] RandomKeys(int count, int draws)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, draws).Select(_ => $"user_{random.Next(count)}")];
    }

    public static RequestFacts FactsOf(string key, long cost = 1) => new(RequestFacts.DefaultTenant, key, cost, null);
}
