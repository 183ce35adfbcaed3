using Weir.Redis.Tests.Faults;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

/// <summary>
/// What callers were allowed by Redis, bucket by bucket, beside what Redis holds as spent. Nothing refills in the time of a test, so the two are
/// the same, but for what Redis has forgotten (then it has less) and what it was asked and did not answer in time (then it has more).
/// </summary>
internal static class Ledger
{
    public const int Capacity = 100_000;

    public static readonly TokenQuota Quota = TokenQuota.Create(1, TimeSpan.FromHours(1), Capacity);

    /// <summary>A take of a bucket in which nothing refills.</summary>
    public static LimitSet Request(string tenant, string key, long cost = 1) => Some.Request(key, cost, tenant, Quota);

    /// <summary>Reads what Redis holds, and sets it beside what was allowed.</summary>
    public static async Task<IReadOnlyList<Entry>> ReadAsync(RedisOptions options, IEnumerable<StoreUnderLoad.Seen> answers)
    {
        await using var store = new RedisStore(options, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        var entries = new List<Entry>();
        foreach (var bucket in answers.GroupBy(seen => (seen.Facts.Tenant, seen.Facts.Key)))
        {
            long allowed = bucket.Count(IsAllowedByRedis);
            long alone = bucket.Count(seen => seen.Answer is { Degraded: true, Outcome: BucketOutcome.Allowed });
            entries.Add(new Entry(bucket.Key.Tenant, allowed, alone, await SpentAsync(store, bucket.Key.Tenant, bucket.Key.Key)));
        }

        return entries;
    }

    public static bool IsAllowedByRedis(StoreUnderLoad.Seen seen) =>
        seen.Answer is { Source: DecisionSource.Redis, Outcome: BucketOutcome.Allowed };

    /// <summary>Tokens that Redis holds as spent.</summary>
    public static async Task<long> SpentAsync(RedisStore store, string tenant, string key)
    {
        var answer = await store.CheckAsync(Request(tenant, key, cost: 0));
        Assert.Equal(StoreFault.None, answer.Fault);
        return (answer.State.Spent + Quota.Rate.UnitsPerToken - 1) / Quota.Rate.UnitsPerToken;
    }

    /// <summary>A bucket.</summary>
    /// <param name="Tenant">Whose it is.</param>
    /// <param name="Allowed">Tokens that callers were allowed by Redis.</param>
    /// <param name="Alone">Tokens that callers were allowed without Redis, which is told of them afterwards.</param>
    /// <param name="Spent">Tokens that Redis holds as spent.</param>
    internal sealed record Entry(string Tenant, long Allowed, long Alone, long Spent)
    {
        /// <summary>
        /// The most that Redis may hold once late takes are undone. Spending is settled in whole tokens, and one may drain
        /// meanwhile.
        /// </summary>
        public long Most => Alone == 0 ? Allowed : Allowed + Alone + 1;

        /// <summary>Tokens that were spent and that Redis does not know of.</summary>
        public long Lost => Math.Max(0, Allowed - Spent);
    }
}
