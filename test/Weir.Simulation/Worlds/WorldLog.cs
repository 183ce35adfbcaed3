namespace Weir.Simulation.Worlds;

/// <summary>What was admitted, bucket by bucket, and whether that was within the laws.</summary>
internal sealed class WorldLog(Plan plan)
{
    private readonly Dictionary<(Limit Limit, string Key), List<(long AtUs, long Cost)>> _buckets = [];

    /// <summary>Requests that were admitted.</summary>
    public int Admitted { get; private set; }

    public void Admit(long atUs, in LimitSet limits)
    {
        Admitted++;
        foreach (var limit in limits)
        {
            var bucket = (limit, limit.Dimensions.IsEmpty ? "" : limits.Facts.Key);
            if (!_buckets.TryGetValue(bucket, out var admissions))
                _buckets[bucket] = admissions = [];
            admissions.Add((atUs, limits.Facts.Cost));
        }
    }

    /// <summary>The largest number of tokens that any bucket admitted over its bound in any interval that begins at <paramref name="fromUs"/> or later; 0 when the law holds.</summary>
    /// <param name="fromUs">The first moment that counts.</param>
    /// <param name="untilUs">The first that does not count any more.</param>
    /// <param name="more">How much more than one bucket is allowed, in hundredths: 0 for nothing, 25 for a quarter.</param>
    /// <param name="bursts">How many capacities are allowed.</param>
    public double TokensOver(long fromUs, long untilUs, int more = 0, int bursts = 1) =>
        _buckets.Max(bucket => UnitsOver((TokenQuota)bucket.Key.Limit.Quota, bucket.Value, fromUs, untilUs, more, bursts) / (100.0 * bucket.Key.Limit.Quota.Rate.UnitsPerToken));

    /// <summary>The keys of which something was admitted.</summary>
    public IEnumerable<string> KeysOf(Limit limit) => from bucket in _buckets.Keys where bucket.Limit == limit select bucket.Key;

    /// <summary>What a bucket would hold spent that had made all of these decisions, in tokens, rounded down.</summary>
    public long Spent(Limit limit, string key, long fromUs, long nowUs)
    {
        var quota = (TokenQuota)limit.Quota;
        var state = default(BucketState);
        foreach (var (atUs, cost) in AdmissionsOf(limit, key).Where(at => at.AtUs >= fromUs).OrderBy(at => at.AtUs))
            TokenBucket.Charge(quota, ref state, atUs, cost);
        return TokenBucket.SpentAt(quota.Rate, state, nowUs) / quota.Rate.UnitsPerToken;
    }

    /// <summary>Tokens admitted.</summary>
    public long Tokens(Limit limit, string key, long fromUs = 0) => AdmissionsOf(limit, key).Where(at => at.AtUs >= fromUs).Sum(at => at.Cost);

    private List<(long AtUs, long Cost)> AdmissionsOf(Limit limit, string key) =>
        _buckets.TryGetValue((limit, limit.Dimensions.IsEmpty ? "" : key), out var admissions) && plan.Limits.Contains(limit) ? admissions : [];

    private static double UnitsOver(TokenQuota quota, List<(long AtUs, long Cost)> admissions, long fromUs, long untilUs, int more, int bursts)
    {
        Int128 admitted = 0, least = Int128.MaxValue, over = 0;
        foreach (var (atUs, cost) in admissions.Where(at => at.AtUs >= fromUs && at.AtUs < untilUs).OrderBy(at => at.AtUs))
        {
            var refilled = (Int128)(atUs / quota.Rate.TickUs) * quota.Rate.UnitsPerTick * (100 + more);
            least = Int128.Min(least, admitted - refilled);
            admitted += (Int128)quota.UnitsOf(cost) * 100;
            over = Int128.Max(over, admitted - refilled - least - ((Int128)quota.CapacityUnits * bursts * (100 + more)));
        }

        return (double)over;
    }
}
