namespace Weir.Simulation.Worlds;

/// <summary>What was done to a bucket.</summary>
/// <param name="AtUs">When it was decided, by the world's time.</param>
/// <param name="Cost">Tokens of the limit; negative for what was given back.</param>
/// <param name="IsTake">True for a take, which the laws bound; false for a charge or a refund.</param>
internal readonly record struct LogEntry(long AtUs, long Cost, bool IsTake = true);

/// <summary>What was admitted, charged and given back, bucket by bucket, and whether that was within the laws.</summary>
internal sealed class WorldLog
{
    private readonly Dictionary<(string Limit, string Key), Bucket> _buckets = [];

    private sealed class Bucket(Limit limit)
    {
        /// <summary>The limit under which something was done first.</summary>
        public Limit Limit { get; } = limit;

        public List<LogEntry> Entries { get; } = [];

        /// <summary>Tokens of takes and charges that Redis did not answer: they may have been charged.</summary>
        public long Unanswered { get; set; }

        /// <summary>Tokens that may have been given back although the caller was told that they were not.</summary>
        public long Doubtful { get; set; }
    }

    /// <summary>Requests that were admitted.</summary>
    public int Admitted { get; private set; }

    /// <summary>True if memory decided a take instead of Redis.</summary>
    public bool HasMissed { get; private set; }

    /// <summary>Takes and charges that memory decided instead of Redis.</summary>
    public int Missed { get; private set; }

    /// <summary>Refunds and commits that Redis did not answer.</summary>
    public int Doubts { get; private set; }

    /// <summary>The bucket that admitted most over its bound, when that was asked for last.</summary>
    public string Worst { get; private set; } = "";

    /// <summary>Returns the quota by which a limit is judged, if it is not its own.</summary>
    public Func<Limit, Quota>? LawOf { get; set; }

    /// <summary>A request was admitted by all of its limits.</summary>
    public void Admit(long atUs, in LimitSet limits)
    {
        Admitted++;
        foreach (var limit in limits)
            Write(limit, limits, new LogEntry(atUs, limit.CostOf(limits.Facts)));
    }

    /// <summary>Something was done to a bucket.</summary>
    public void Write(Limit limit, in LimitSet limits, LogEntry entry) => Of(limit, limits).Entries.Add(entry);

    /// <summary>A charge or a refund was not answered: it may have been made.</summary>
    public void Doubt(in LimitSet limits)
    {
        Doubts++;
        foreach (var limit in limits)
            Of(limit, limits).Doubtful += Math.Abs(limit.CostOf(limits.Facts));
    }

    /// <summary>Redis did not answer a take or a charge: it may have been charged.</summary>
    public void Miss(in LimitSet limits, bool isTake)
    {
        Missed++;
        HasMissed |= isTake;
        foreach (var limit in limits)
            Of(limit, limits).Unanswered += limit.CostOf(limits.Facts);
    }

    /// <summary>
    /// The largest number of tokens that any bucket admitted over its bound in any interval that begins at
    /// <paramref name="fromUs"/> or later; 0 if the law holds.
    /// </summary>
    /// <param name="fromUs">The first moment that counts.</param>
    /// <param name="untilUs">The first that does not count any more.</param>
    /// <param name="more">How much more than one bucket is allowed, in hundredths: 0 for nothing, 25 for a quarter.</param>
    /// <param name="bursts">How many capacities are allowed.</param>
    /// <remarks>What may have been given back without its caller knowing may have been admitted once more.</remarks>
    public double TokensOver(long fromUs, long untilUs, int more = 0, int bursts = 1)
    {
        double worst = 0;
        foreach (var (name, bucket) in _buckets)
        {
            var entries = bucket.Entries.Where(entry => entry.AtUs >= fromUs && entry.AtUs < untilUs).OrderBy(entry => entry.AtUs);
            double over = (LawOf?.Invoke(bucket.Limit) ?? bucket.Limit.Quota) switch
            {
                TokenQuota quota => TokensOver(quota, entries, more, bursts),
                WindowQuota window => TokensOver(window, entries, more, bursts),
                _ => 0,
            };
            if (over - bucket.Doubtful <= worst)
                continue;
            worst = over - bucket.Doubtful;
            Worst = $"{name.Limit} {name.Key}";
        }

        return worst;
    }

    /// <summary>The keys of which something was admitted.</summary>
    public IEnumerable<string> KeysOf(Limit limit) => from bucket in _buckets.Keys where bucket.Limit == limit.Name select bucket.Key;

    /// <summary>What a bucket would hold spent that had made all of these decisions, in tokens, rounded down.</summary>
    public long Spent(Limit limit, string key, long fromUs, long nowUs)
    {
        var quota = (TokenQuota)limit.Quota;
        var state = default(BucketState);
        foreach (var entry in EntriesOf(limit, key).Where(entry => entry.AtUs >= fromUs).OrderBy(entry => entry.AtUs))
            TokenBucket.Charge(quota, ref state, entry.AtUs, entry.Cost);
        return TokenBucket.SpentAt(quota.Rate, state, nowUs) / quota.Rate.UnitsPerToken;
    }

    /// <summary>Tokens admitted and charged, less those given back.</summary>
    public long Tokens(Limit limit, string key, long fromUs = 0) =>
        EntriesOf(limit, key).Where(entry => entry.AtUs >= fromUs).Sum(entry => entry.Cost);

    /// <summary>Tokens of which it is not known whether they were charged or given back.</summary>
    public long Doubtful(Limit limit, string key) => _buckets.TryGetValue((limit.Name, key), out var bucket) ? bucket.Doubtful : 0;

    /// <summary>Tokens of takes and charges that Redis did not answer.</summary>
    public long Unanswered(Limit limit, string key) => _buckets.TryGetValue((limit.Name, key), out var bucket) ? bucket.Unanswered : 0;

    private List<LogEntry> EntriesOf(Limit limit, string key) =>
        _buckets.TryGetValue((limit.Name, limit.Dimensions.IsEmpty ? "" : key), out var bucket) ? bucket.Entries : [];

    private Bucket Of(Limit limit, in LimitSet limits)
    {
        var name = (limit.Name, limit.Dimensions.IsEmpty ? "" : limits.Facts.Key);
        if (!_buckets.TryGetValue(name, out var bucket))
            _buckets[name] = bucket = new Bucket(limit);
        return bucket;
    }

    private static double TokensOver(TokenQuota quota, IEnumerable<LogEntry> entries, int more, int bursts)
    {
        Int128 level = 0, least = Int128.MaxValue, over = 0;
        foreach (var entry in entries)
        {
            var refilled = (Int128)(entry.AtUs / quota.Rate.TickUs) * quota.Rate.UnitsPerTick * (100 + more);
            least = Int128.Min(least, level - refilled);
            // A charge is never refused, and bounds nobody else's take.
            if (entry is { IsTake: false, Cost: > 0 })
                continue;
            level += (Int128)quota.UnitsOf(entry.Cost) * 100;
            if (entry.IsTake)
                over = Int128.Max(over, level - refilled - least - ((Int128)quota.CapacityUnits * bursts * (100 + more)));
        }

        return (double)over / (100.0 * quota.Rate.UnitsPerToken);
    }

    /// <summary>Of a window nothing drains. All of a history lies in one.</summary>
    private static double TokensOver(WindowQuota quota, IEnumerable<LogEntry> entries, int more, int bursts)
    {
        long level = 0, over = 0;
        foreach (var entry in entries.Where(entry => entry.IsTake || entry.Cost < 0))
        {
            level = Math.Max(0, level + entry.Cost);
            over = Math.Max(over, (100 * level) - (quota.Capacity * bursts * (100 + more)));
        }

        return over / 100.0;
    }
}
