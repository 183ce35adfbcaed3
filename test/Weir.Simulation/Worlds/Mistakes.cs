namespace Weir.Simulation.Worlds;

/// <summary>Mistakes that somebody could make, which the laws must find. Those of leases alone are planted where leases alone are tried (<see cref="PlantedBug"/>).</summary>
internal enum Mistake
{
    None,

    /// <summary>In an outage each instance hands out whole buckets.</summary>
    SharesAreWhole,

    /// <summary>Whoever is back from an outage takes no account of those who are not.</summary>
    NobodyIsAwaited,

    /// <summary>What drained in Redis while a share was still handed out is not settled.</summary>
    WhatDrainedIsForgotten,

    /// <summary>What was spent in an outage is not settled.</summary>
    NothingIsSettled,

    /// <summary>A charge that is sent again is another one.</summary>
    ChargesHaveNoName,

    /// <summary>A Redis that lost its memory is told nothing.</summary>
    NothingIsPutBack,

    /// <summary>The script charges again what it has charged already.</summary>
    RecordsAreIgnored,

    /// <summary>A probe that was answered is taken for one that was not.</summary>
    ProbesFail,

    /// <summary>A take that was not answered in time is asked for again.</summary>
    TakesAreRetried,

    /// <summary>Redis is waited for however long it takes.</summary>
    NothingIsEverLate,

    /// <summary>A lease is not counted as spent.</summary>
    LeasesAreFree,

    /// <summary>A charge for spending in an outage gives back as much instead.</summary>
    ChargesGiveBack,

    /// <summary>A charge for spending in an outage is sent twice, under two names.</summary>
    ChargesAreSentTwice,

    /// <summary>What was given back in an outage is not settled.</summary>
    NothingIsGivenBack,

    /// <summary>A take whose reply comes late stays charged.</summary>
    LateTakesAreKept,

    /// <summary>A commit changes no bucket.</summary>
    CommitsChangeNothing,

    /// <summary>A refund gives back twice as much.</summary>
    RefundsAreDoubled,

    /// <summary>A window forgets what is spent in it.</summary>
    WindowsForget,

    /// <summary>Holders of permits are not counted.</summary>
    HoldersAreNotCounted,

    /// <summary>A change of the quota forgets what was spent.</summary>
    ChangesForgive,

    /// <summary>A late take is undone though another caller was answered by its record.</summary>
    CallersAreNotCounted,

    /// <summary>All shards have one breaker.</summary>
    ShardsFailTogether,

    /// <summary>Stored answers have no bound.</summary>
    AnswersAreUnbounded,

    /// <summary>The bytes of a reservation count on when it is settled.</summary>
    SettledAnswersCountTwice,

    /// <summary>The bytes of a late take's record count on when it is undone.</summary>
    UndoneAnswersCount,
}

/// <summary>Plants them: in the script, or between the parts of an instance.</summary>
internal static class Mistakes
{
    /// <summary>Where the script begins to decide a command.</summary>
    private const string Begun = "local head, is_refused, is_changed";

    /// <summary>The script, with the mistake if it is one of the script's.</summary>
    public static string Edit(string script, Mistake mistake) => mistake switch
    {
        Mistake.RecordsAreIgnored => Replace(script, "record = try('GET', record_key)", "record = false"),
        Mistake.LateTakesAreKept => Replace(script, Begun, "if record_kind == ONCE and what == CHARGE then what = CHECK end " + Begun),
        Mistake.CommitsChangeNothing => Replace(script, Begun, "if record_kind == SETTLES then what = CHECK end " + Begun),
        Mistake.RefundsAreDoubled => Replace(script, "max(0, held + amount)", "max(0, held + amount + min(0, amount))"),
        Mistake.WindowsForget => Replace(script, "floor_units, unit, mark, drain = spent,", "floor_units, unit, mark, drain = 0,"),
        Mistake.HoldersAreNotCounted => Replace(script, "local holders = redis.call('ZCARD', key)", "local holders = 0", part: "count_permits"),
        Mistake.ChangesForgive => Replace(script, "spent = rescale(spent, unit_then, unit)", "spent = 0"),
        Mistake.CallersAreNotCounted => Replace(script, "count_caller(record_key, record, 1)", ""),
        Mistake.LeasesAreFree => Replace(script, "spent = raised + leased * unit", "spent = raised"),
        Mistake.AnswersAreUnbounded => Replace(script, "account.total + bytes > most", "false"),
        Mistake.SettledAnswersCountTwice => Replace(script, "discount(account, record_key, record, now_us)", ""),
        Mistake.UndoneAnswersCount => Replace(script, "discount(counts, undone_key, values[undone_key], now_us)", ""),
        _ => script,
    };

    /// <summary>The store, with the mistake if it lies between it and whoever asks.</summary>
    public static IBucketStore Primary(RedisStore redis, Mistake mistake) => mistake switch
    {
        Mistake.NothingIsSettled or Mistake.ChargesHaveNoName or Mistake.NothingIsPutBack or Mistake.ProbesFail or Mistake.TakesAreRetried
            or Mistake.ChargesGiveBack or Mistake.ChargesAreSentTwice or Mistake.NothingIsGivenBack => new WrongStore(redis, mistake),
        _ => redis,
    };

    /// <summary>The peers, with the mistake if it is about them.</summary>
    public static IPeers Peers(RedisPeers peers, Mistake mistake) => mistake switch
    {
        Mistake.SharesAreWhole or Mistake.NobodyIsAwaited or Mistake.WhatDrainedIsForgotten => new WrongPeers(peers, mistake),
        _ => peers,
    };

    /// <summary>The shards, with the mistake if it is about them.</summary>
    public static IShardMap Map(RedisStore redis, Mistake mistake) =>
        mistake == Mistake.ShardsFailTogether ? new OneShard(redis) : redis;

    /// <summary>The options, with the mistake if it is one of them.</summary>
    public static RedisOptions Options(RedisOptions options, Mistake mistake)
    {
        if (mistake == Mistake.NothingIsEverLate)
            options.Deadline = TimeSpan.FromSeconds(10);
        return options;
    }

    private static string Replace(string script, string right, string wrong, string part = "BUCKET_SIZE") =>
        script.Contains(part, StringComparison.Ordinal) && !script.Contains(right, StringComparison.Ordinal)
            ? throw new InvalidOperationException($"the script has no '{right}' to make a mistake of")
            : script.Replace(right, wrong, StringComparison.Ordinal);

    private sealed class WrongStore(RedisStore redis, Mistake mistake) : IBucketStore
    {
        public DecisionSource Source => redis.Source;

        public TimeSpan LongestAnswer => redis.LongestAnswer;

        Task IBucketStore.Undo(in BucketCommand command, in BucketResult result) => ((IBucketStore)redis).Undo(command, result);

        KnownBuckets? IBucketStore.KnownOf(int shard) => ((IBucketStore)redis).KnownOf(shard);

        public PendingResult? Execute(in BucketCommand command, out BucketResult result)
        {
            var executing = ExecuteAsync(command);
            result = executing.IsCompletedSuccessfully ? executing.Result : default;
            return executing.IsCompletedSuccessfully ? null : PendingResult.Of(command, executing);
        }

        private async ValueTask<BucketResult> ExecuteAsync(BucketCommand command)
        {
            bool isProbe = command.Limits.Facts.Tenant == Probe.Limits.Facts.Tenant;
            if (mistake == Mistake.ProbesFail && isProbe)
                return BucketResult.Failed(StoreFault.Late);
            bool isGivenBack = command.Limits.Facts.Cost < 0;
            bool isForgotten = mistake == Mistake.NothingIsSettled || (mistake == Mistake.NothingIsGivenBack && isGivenBack);
            if (isForgotten && command.What == BucketOperation.Settle)
                return await redis.AskAsync(command with { What = BucketOperation.Check, RecordKey = null }).ConfigureAwait(false);
            if (mistake == Mistake.NothingIsPutBack && command.What == BucketOperation.Restore)
                return await redis.AskAsync(command with { What = BucketOperation.Check }).ConfigureAwait(false);
            if (mistake == Mistake.ChargesGiveBack && command.What == BucketOperation.Settle)
                command = command with { Limits = command.Limits with { Facts = command.Limits.Facts.Negated() } };
            if (mistake == Mistake.ChargesAreSentTwice && command.What == BucketOperation.Settle)
                _ = redis.AskAsync(command with { RecordKey = new RecordKey(RecordKey.NewId(), RecordKey.NewId()) }).AsTask();
            if (mistake == Mistake.ChargesHaveNoName)
                command = command with { RecordKey = null };
            var answer = await redis.AskAsync(command).ConfigureAwait(false);
            if (mistake == Mistake.TakesAreRetried && answer.Fault is StoreFault.Late or StoreFault.Slow && command.What == BucketOperation.Take)
                return await redis.AskAsync(command).ConfigureAwait(false);
            return answer;
        }

        public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
            redis.RecallAsync(tenant, id, cancellation);
    }

    private sealed class OneShard(RedisStore redis) : IShardMap
    {
        public event Action? ShardsChanged
        {
            add { }
            remove { }
        }

        public IReadOnlyList<int> Shards => [redis.Shards[0]];

        public int Partitions => redis.Partitions;

        public int PartitionOf(in RequestFacts facts, Limit limit) => redis.PartitionOf(facts, limit);

        public int ShardOf(string tenant, int partition) => redis.Shards[0];

        public string? NameOf(int shard) => redis.NameOf(shard);
    }

    private sealed class WrongPeers(RedisPeers peers, Mistake mistake) : IPeers
    {
        public event Action? Forgot
        {
            add => peers.Forgot += value;
            remove => peers.Forgot -= value;
        }

        public event Action? Missed
        {
            add => peers.Missed += value;
            remove => peers.Missed -= value;
        }

        public int Count => mistake == Mistake.SharesAreWhole ? 1 : peers.Count;

        public bool IsInDoubt => peers.IsInDoubt;

        public void Doubt() => peers.Doubt();

        public ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default) => peers.ConfirmAsync(cancellation);

        public void Part() => peers.Part();

        public async ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default)
        {
            if (await peers.ReportAsync(isReady, cancellation).ConfigureAwait(false) is not { } meeting)
                return null;
            return mistake == Mistake.NobodyIsAwaited ? meeting with { Absent = 0 }
                : mistake == Mistake.WhatDrainedIsForgotten ? meeting with { Since = TimeSpan.FromSeconds(-10) }
                : meeting;
        }

        public async ValueTask<int?> FollowAsync(CancellationToken cancellation = default) =>
            await peers.FollowAsync(cancellation).ConfigureAwait(false) is { } absent ? mistake == Mistake.NobodyIsAwaited ? 0 : absent : null;
    }
}
