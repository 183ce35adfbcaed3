namespace Weir;

/// <summary>
/// What this instance last heard of a bucket in the primary, the tokens it leased of it, how much of it is wanted here,
/// and what it spent of it without the primary.
/// </summary>
/// <remarks>
/// Times are microseconds of the table's clock. The primary's clock is known from the last reply to within the time
/// that the reply took: it was read after the command was sent and before the reply came.
/// </remarks>
internal struct KnownBucket
{
    /// <summary>
    /// Time for which a refusal is repeated: a refund elsewhere is known here within this time and a call.
    /// </summary>
    public const long BelievedUs = 900_000;

    /// <summary>
    /// Shortest interval between questions about an empty bucket: tokens that came back meanwhile are taken at once.
    /// </summary>
    public const long PaceUs = 5_000;

    /// <summary>
    /// Largest part of the remaining tokens that is leased. A bucket with a smaller part of its capacity left is not
    /// leased.
    /// </summary>
    private const int Share = 4;

    private Quota? _quota;
    private BucketState _state;
    private long _storeUs;
    private long _sentUs;
    private long _receivedUs;
    private long _leftThen;
    private bool _isBelieved;

    public Demand Demand;

    public Lease Lease;

    /// <summary>The bucket.</summary>
    public UInt128 Hash { get; private init; }

    /// <summary>A request for it, with this limit only and no attribute that the limit is not keyed by.</summary>
    public LimitSet Limits { get; private set; }

    /// <summary>Spending without the primary; null if there is none since the primary was last heard.</summary>
    public OutageSpending? Alone { get; set; }

    /// <summary>When it was asked for, heard of or spent from last.</summary>
    public long UsedUs { get; set; }

    public readonly Limit Limit => Limits.First;

    /// <summary>True if something spent here is not known to be in the primary.</summary>
    public readonly bool Owes => Alone is { Owes: true };

    /// <summary>Begins to know a bucket.</summary>
    public static KnownBucket Of(UInt128 hash, in LimitSet limits, long nowUs) => new() { Hash = hash, Limits = limits.Lean(), UsedUs = nowUs };

    /// <summary>True if it was heard of and holds nothing by now, so that it can be forgotten.</summary>
    public readonly bool IsAsNew(in StoreTime now) => _quota is not null && Alone is null && !Lease.IsHeld && !Demand.IsBusy && LevelAt(now) == 0;

    /// <summary>Units that the primary held when last heard, less what has come back.</summary>
    public readonly long LevelAt(in StoreTime now) => _quota is null ? 0 : LevelOf(_quota, _state, now with { NowUs = Earliest(now.NowUs).NowUs });

    /// <summary>
    /// Returns the state last heard, on another clock and in units of the limit's present quota; null if none was
    /// heard.
    /// </summary>
    public readonly BucketState? StateOn(in StoreTime clock, in StoreTime now)
    {
        if (_quota is null)
            return null;
        var state = _quota is WindowQuota ? _state : new BucketState(LevelAt(now), clock.NowUs);
        return _quota.Rate.Equals(Limit.Quota.Rate) ? state : Limit.Quota.Adopt(state, _quota.Rate, clock);
    }

    public static long LevelOf(Quota quota, BucketState state, in StoreTime time) =>
        quota is WindowQuota window ? window.Now(state, time).Spent : TokenBucket.SpentAt(quota.Rate, state, time.NowUs);

    /// <summary>
    /// The limit, or how its tenant is listed, may have changed. All requests for the bucket name it alike.
    /// </summary>
    public void Follow(in LimitSet limits)
    {
        bool isSame = ReferenceEquals(limits.Plan, Limits.Plan) && limits.Applying == Limits.Applying && limits.TenantIsListed == Limits.TenantIsListed;
        if (!isSame)
            Limits = limits.Lean();
    }

    /// <summary>Counts a request.</summary>
    public void Count(long cost, long nowUs, long horizonUs)
    {
        UsedUs = nowUs;
        Demand.Count(cost, nowUs, horizonUs);
    }

    /// <summary>Learns what the primary said. Its state is complete only if nothing is owed.</summary>
    /// <param name="limits">A request for the bucket, with this limit only.</param>
    /// <param name="heard">Its answer.</param>
    /// <param name="isInDoubt">True if it may have lost its memory.</param>
    /// <param name="now">Now.</param>
    /// <param name="horizonUs">How long a lease lives.</param>
    public void Learn(in LimitSet limits, in Heard heard, bool isInDoubt, in StoreTime now, long horizonUs)
    {
        var quota = limits.First.Quota;
        if (heard.HasAsked)
            Lease.HasReply();
        if (heard.Leased > 0)
            Lease.Hold(quota, heard, isFirst: !Lease.IsHeld || !IsOf(quota), now.NowUs, horizonUs);
        bool isOlder = _isBelieved && IsOf(quota) && heard.Time.NowUs < _storeUs;
        bool isLess = isInDoubt && LevelAt(now) > LevelOf(quota, heard.State, now with { NowUs = heard.Time.NowUs });
        if (heard.IsLate || isOlder || isLess || Owes)
            return;
        Follow(limits);
        (_quota, _state, Alone, UsedUs) = (quota, heard.State, null, now.NowUs);
        (_isBelieved, _storeUs, _sentUs, _receivedUs) = (heard.SentUs is not null, heard.Time.NowUs, heard.SentUs ?? now.NowUs, now.NowUs);
        _leftThen = quota.TokensLeft(_state, heard.Time);
    }

    /// <summary>
    /// Learns what the primary holds after a settlement, drained to now. Refusals are not derived from it.
    /// </summary>
    public void LearnSettled(Quota quota, BucketState state, long nowUs)
    {
        (_quota, _state, Alone, UsedUs) = (quota, quota is WindowQuota ? state : state with { At = nowUs }, null, nowUs);
        (_isBelieved, _storeUs, _sentUs, _receivedUs) = (false, nowUs, nowUs, nowUs);
    }

    /// <summary>Holds tokens again that were to be given back. False if another lease is here meanwhile.</summary>
    public bool TryRestore(in LeaseWish wish)
    {
        if (wish.IsSole)
            Lease.HasReply();
        bool isRestored = Lease.TryRestore(wish);
        _isBelieved &= !isRestored;
        return isRestored;
    }

    /// <summary>Removes the rest of an ended lease. Until the primary is heard again, nothing is known.</summary>
    public LeaseWish EndLease()
    {
        var rest = Lease.Rest;
        Lease.GiveUp();
        _isBelieved = false;
        return rest;
    }

    /// <summary>
    /// Returns how a request stands. One that spends nothing also sees the rest of a lease that has just ended.
    /// </summary>
    /// <param name="quota">The quota of its limit.</param>
    /// <param name="cost">Its cost.</param>
    /// <param name="spends">True if it spends.</param>
    /// <param name="nowUs">Now.</param>
    /// <param name="forgottenUs">A state is believed only if the primary was asked for it after this time.</param>
    public readonly Standing Stand(Quota quota, long cost, bool spends, long nowUs, long forgottenUs)
    {
        if (!_isBelieved || !IsOf(quota))
            return Standing.Unknown;
        if (Lease.IsHeld)
            return Lease.Tokens >= cost && (!spends || nowUs < Lease.EndsUs) && !Lease.IsOfOtherKind(quota) ? Standing.Covered : Standing.Unknown;
        if (nowUs - _sentUs > BelievedUs || _sentUs <= forgottenUs || cost > quota.Capacity)
            return Standing.Unknown;
        var state = _state;
        if (quota.Take(ref state, Latest(nowUs), cost) == BucketOutcome.Refused)
            return Standing.Refused;
        return nowUs < PacedUntilUs(quota, cost, nowUs) ? Standing.Refused : Standing.Unknown;
    }

    /// <summary>Returns the line of a request that stands so.</summary>
    public readonly BucketLine Line(Quota quota, long cost, Standing standing, long nowUs, in StoreTime time)
    {
        if (standing == Standing.Covered)
            return new BucketLine(BucketOutcome.Allowed, WithoutLeased(quota)) { LeaseEndsUs = Lease.EndsUs };
        var state = _state;
        quota.Take(ref state, time, cost);
        long pacedUs = PacedUntilUs(quota, cost, nowUs) - nowUs;
        return new BucketLine(BucketOutcome.Refused, pacedUs <= 0 || quota is not TokenQuota bucket ? state : AsIfRefused(bucket, state, time, cost, pacedUs));
    }

    /// <summary>The time of the primary, at the earliest: no caller is told to come back too early.</summary>
    public readonly StoreTime Earliest(long nowUs) => At(_storeUs + (nowUs - _receivedUs));

    /// <summary>
    /// Returns the lease to ask for with a decision, and the tokens to give back with it. Until the reply, no other
    /// command asks for more.
    /// </summary>
    public LeaseWish Wish(Quota quota, long cost, long nowUs, long horizonUs, bool mayLease)
    {
        // Tokens are tokens also if their rate has changed. But those of a window are none of a bucket: they go back
        // when their lease ends.
        if (Lease.IsOfOtherKind(quota))
            return default;
        // Returned tokens may or may not be in the primary when it is asked next.
        var wish = Lease.IsHeld ? EndLease() : Lease.Rest;
        if (!mayLease || !Demand.IsBusy || Lease.IsAskedFor(nowUs))
            return wish;
        Lease.AskFor(nowUs);
        long wanted = IsOf(quota) ? Wanted(quota, Demand.Surely - cost, horizonUs) : 0;
        return wish with { Tokens = Math.Min(Lease.MostNext, wanted), IsSole = true };
    }

    /// <summary>
    /// Returns the tokens to ask for ahead: the demand of a horizon here, while the bucket has plenty. If it is
    /// used up, what comes back until it is asked about again. In between nothing, so that the last tokens go to the
    /// first who asks.
    /// </summary>
    private readonly long Wanted(Quota quota, long demand, long horizonUs)
    {
        if (demand < 1)
            return 0;
        if (_leftThen >= demand)
            return _leftThen >= quota.Capacity / Share ? Math.Min(demand, _leftThen / Share) : 0;
        return quota is TokenQuota { Tokens: > 0 } bucket && TokensIn(bucket, PaceUs) >= 1 ? Math.Max(1, demand * PaceUs / horizonUs) : 0;
    }

    private static long TokensIn(TokenQuota quota, long us) => us / quota.Rate.TickUs * quota.Rate.UnitsPerTick / quota.Rate.UnitsPerToken;

    private readonly bool IsOf(Quota quota) => ReferenceEquals(_quota, quota) || quota.Equals(_quota);

    private readonly StoreTime Latest(long nowUs) => At(_storeUs + (nowUs - _sentUs));

    private static StoreTime At(long storeUs) => new(storeUs, storeUs);

    /// <summary>
    /// When it is time to ask again about a bucket that had no room for a cost: not before the pace is over, but for
    /// one that would be full by then, since what flows over is lost.
    /// </summary>
    private readonly long PacedUntilUs(Quota quota, long cost, long nowUs)
    {
        if (!Demand.IsBusy || _leftThen >= cost || quota is not TokenQuota)
            return 0;
        long paceUs = Math.Min(PaceUs, quota.Window.Ticks / TimeSpan.TicksPerMicrosecond / 4);
        // Another command asks already, for as much as comes back.
        return (Lease.IsAskedFor(nowUs) ? nowUs : _sentUs) + paceUs;
    }

    private readonly BucketState WithoutLeased(Quota quota) =>
        _state with { Spent = Math.Max(0, _state.Spent - (Lease.Tokens * quota.Rate.UnitsPerToken)) };

    /// <summary>Returns the state that has room for a cost when it is time to ask, and not before.</summary>
    private static BucketState AsIfRefused(TokenQuota quota, BucketState state, in StoreTime time, long cost, long waitUs)
    {
        long ticks = ((waitUs - 1) / quota.Rate.TickUs) + 1;
        long spent = quota.CapacityUnits - quota.UnitsOf(cost) + (ticks * quota.Rate.UnitsPerTick);
        return new BucketState(Math.Max(TokenBucket.SpentAt(quota.Rate, state, time.NowUs), spent), Math.Max(state.At, time.NowUs));
    }
}
