namespace Weir.Benchmarks;

/// <summary>
/// Fails when a decision in memory allocates. Bytes are counted, not milliseconds: a count is the same on every machine, so
/// it can stop a build.
/// </summary>
internal static class AllocationGate
{
    private const int Decisions = 100_000;

    /// <summary>Rounds before the counted one: what is compiled again on the way up would count too.</summary>
    private const int WarmUps = 5;

    private static readonly string[] Keys = Subjects.Keys(20_000);

    /// <summary>Where an object must lie for the compiler not to keep it on the stack.</summary>
    private static object? _seen;

    /// <summary>0 when nothing allocates, else 1.</summary>
    public static int Run()
    {
        var roomy = Subjects.Weir(2 * Keys.Length);
        var tight = Subjects.Weir(1_000);
        var quota = TokenQuota.Create(5, TimeSpan.FromSeconds(1), 10);
        bool blind = BytesOf(_ => (_seen = new object()).GetHashCode()) == 0;
        if (blind)
            Console.WriteLine("the gate sees no allocation where there is one");
        bool[] clean =
        [
            Check("a take of one key", i => Take(roomy, "one", 1)),
            Check("a take that never fits", i => Take(roomy, "one", 11)),
            Check("takes of many keys", i => Take(roomy, Keys[i % Keys.Length], 1)),
            Check("takes of more keys than there is room for", i => Take(tight, Keys[i % Keys.Length], 1)),
            Check("a check", i => Subjects.Completed(roomy.CheckAsync(Subjects.FactsOf(Keys[i % Keys.Length]))).Remaining),
            Check("resolving the limits of a request", i => roomy.Policies.Resolve(Subjects.FactsOf(Keys[i % Keys.Length])).First.Name.Length),
            Check("the bucket alone", i => Bucket(quota, i)),
        ];
        return !blind && Array.TrueForAll(clean, one => one) ? 0 : 1;
    }

    private static bool Check(string name, Func<int, long> decide)
    {
        double bytes = BytesOf(decide);
        Console.WriteLine($"{(bytes == 0 ? "ok    " : "FAILED")} {name}: {bytes:0.###} bytes a decision");
        return bytes == 0;
    }

    private static double BytesOf(Func<int, long> decide)
    {
        long sum = 0;
        long before = 0;
        for (int round = 0; round <= WarmUps; round++)
        {
            before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < Decisions; i++)
                sum += decide(i);
        }

        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        GC.KeepAlive(sum);
        return (double)bytes / Decisions;
    }

    private static long Take(RateLimiter limiter, string key, long cost) => Subjects.Take(limiter, key, cost).Remaining;

    private static long Bucket(TokenQuota quota, int i)
    {
        var state = new BucketState(0, i);
        return (long)TokenBucket.Take(quota, ref state, i, 1) + state.Spent;
    }
}
