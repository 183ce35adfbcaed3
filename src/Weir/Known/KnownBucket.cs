namespace Weir;

// A known bucket: the primary's last reply, leased tokens, demand and spending in an outage. Times are µs of the
// table's clock. The primary reads its clock after a command was sent and before the reply, which bounds its time.
internal struct KnownBucket
{
    /// <summary>Time for which a refusal is repeated. It bounds the delay of refunds by other instances.</summary>
    public const long BelievedUs = 900_000;

    /// <summary>Minimum interval between commands to the primary for an empty, busy bucket.</summary>
    public const long PaceUs = 5_000;

    /// <summary>Divisor: leases up to a quarter of the tokens left, if a quarter of the capacity is left.</summary>
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

    public UInt128 Hash { get; private init; }

    /// <summary>Limit set with only this bucket's limit and the values of its dimensions.</summary>
    public LimitSet Limits { get; private set; }

    /// <summary>Spending without the primary since its last reply; null for none.</summary>
    public OutageSpending? Alone { get; set; }

    public long UsedUs { get; set; }

    public readonly Limit Limit => Limits.First;

    public readonly bool Owes => Alone is { Owes: true };

    public static KnownBucket Of(UInt128 hash, in LimitSet limits, long nowUs) => new() { Hash = hash, Limits = limits.Lean(), UsedUs = nowUs };

    public readonly bool IsAsNew(in StoreTime now) => _quota is not null && Alone is null && !Lease.IsHeld && !Demand.IsBusy && LevelAt(now) == 0;

    /// <summary>Returns the spent units in the primary at its last reply, drained to now.</summary>
    public readonly long LevelAt(in StoreTime now) => _quota is null ? 0 : LevelOf(_quota, _state, now with { NowUs = Earliest(now.NowUs).NowUs });

    public readonly BucketState? StateOn(in StoreTime clock, in StoreTime now)
    {
        if (_quota is null)
            return null;
        var state = _quota is WindowQuota ? _state : new BucketState(LevelAt(now), clock.NowUs);
        return _quota.Rate.Equals(Limit.Quota.Rate) ? state : Limit.Quota.Adopt(state, _quota.Rate, clock);
    }

    public static long LevelOf(Quota quota, BucketState state, in StoreTime time) =>
        quota is WindowQuota window ? window.Now(state, time).Spent : TokenBucket.SpentAt(quota.Rate, state, time.NowUs);

    // Adopts the limit and the tenant's listing of a request, if either has changed.
    public void Follow(in LimitSet limits)
    {
        bool isSame = ReferenceEquals(limits.Plan, Limits.Plan) && limits.Applying == Limits.Applying && limits.TenantIsListed == Limits.TenantIsListed;
        if (!isSame)
            Limits = limits.Lean();
    }

    public void Count(long cost, long nowUs, long horizonUs)
    {
        UsedUs = nowUs;
        Demand.Count(cost, nowUs, horizonUs);
    }

    // Learns a lease and the state from a reply. Ignores a late or older state, a lower state from a primary that may
    // have lost its memory, and any state while spending is unsettled.
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

    /// <summary>Learns a state after a settlement, drained to now. No refusals are derived from this state.</summary>
    public void LearnSettled(Quota quota, BucketState state, long nowUs)
    {
        (_quota, _state, Alone, UsedUs) = (quota, quota is WindowQuota ? state : state with { At = nowUs }, null, nowUs);
        (_isBelieved, _storeUs, _sentUs, _receivedUs) = (false, nowUs, nowUs, nowUs);
    }

    public bool TryRestore(in LeaseWish wish)
    {
        if (wish.IsSole)
            Lease.HasReply();
        bool isRestored = Lease.TryRestore(wish);
        _isBelieved &= !isRestored;
        return isRestored;
    }

    /// <summary>Removes and returns the rest of the lease. The bucket decides nothing until the next reply.</summary>
    public LeaseWish EndLease()
    {
        var rest = Lease.Rest;
        Lease.GiveUp();
        _isBelieved = false;
        return rest;
    }

    // Returns whether the lease covers the cost, or a refusal still holds. A check may also use a lease that has just
    // ended. Ignores refusals of commands sent up to forgottenUs.
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

    public readonly BucketLine Line(Quota quota, long cost, Standing standing, long nowUs, in StoreTime time)
    {
        if (standing == Standing.Covered)
            return new BucketLine(BucketOutcome.Allowed, WithoutLeased(quota)) { LeaseEndsUs = Lease.EndsUs };
        var state = _state;
        quota.Take(ref state, time, cost);
        long pacedUs = PacedUntilUs(quota, cost, nowUs) - nowUs;
        return new BucketLine(BucketOutcome.Refused, pacedUs <= 0 || quota is not TokenQuota bucket ? state : AsIfRefused(bucket, state, time, cost, pacedUs));
    }

    /// <summary>Returns the earliest possible time of the primary, so that no caller retries too early.</summary>
    public readonly StoreTime Earliest(long nowUs) => At(_storeUs + (nowUs - _receivedUs));

    /// <summary>Returns the tokens to lease and to give back. Leases none while the reply to a wish is due.</summary>
    public LeaseWish Wish(Quota quota, long cost, long nowUs, long horizonUs, bool mayLease)
    {
        // Keeps a lease of the other kind until its end: window tokens do not fit a token bucket, nor the reverse.
        if (Lease.IsOfOtherKind(quota))
            return default;
        // Makes the bucket unknown: the primary may or may not have the returned tokens at the next command.
        var wish = Lease.IsHeld ? EndLease() : Lease.Rest;
        if (!mayLease || !Demand.IsBusy || Lease.IsAskedFor(nowUs))
            return wish;
        Lease.AskFor(nowUs);
        long wanted = IsOf(quota) ? Wanted(quota, Demand.Surely - cost, horizonUs) : 0;
        return wish with { Tokens = Math.Min(Lease.MostNext, wanted), IsSole = true };
    }

    // Returns the tokens to lease: the demand, up to a quarter of a well-filled bucket; the demand of one pace from an
    // emptier bucket that refills meanwhile; else none, so that the last tokens go to the first request.
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

    // Returns when a command may follow for an empty, busy bucket: after the pace, at most a quarter of the fill time.
    private readonly long PacedUntilUs(Quota quota, long cost, long nowUs)
    {
        if (!Demand.IsBusy || _leftThen >= cost || quota is not TokenQuota)
            return 0;
        long paceUs = Math.Min(PaceUs, quota.Window.Ticks / TimeSpan.TicksPerMicrosecond / 4);
        // If another command already asks for the refill, the pace starts now.
        return (Lease.IsAskedFor(nowUs) ? nowUs : _sentUs) + paceUs;
    }

    private readonly BucketState WithoutLeased(Quota quota) =>
        _state with { Spent = Math.Max(0, _state.Spent - (Lease.Tokens * quota.Rate.UnitsPerToken)) };

    private static BucketState AsIfRefused(TokenQuota quota, BucketState state, in StoreTime time, long cost, long waitUs)
    {
        long ticks = ((waitUs - 1) / quota.Rate.TickUs) + 1;
        long spent = quota.CapacityUnits - quota.UnitsOf(cost) + (ticks * quota.Rate.UnitsPerTick);
        return new BucketState(Math.Max(TokenBucket.SpentAt(quota.Rate, state, time.NowUs), spent), Math.Max(state.At, time.NowUs));
    }
}
