namespace Weir;

// A known bucket: the primary's last reply, leased tokens, demand and spending without the primary. Times are µs of the
// table's clock. The primary read its clock after the command was sent and before its reply came: that bounds its time.
internal struct KnownBucket
{
    /// <summary>Time for which a refusal is repeated: bounds the delay of refunds by other instances.</summary>
    public const long BelievedUs = 900_000;

    /// <summary>Minimum interval between commands for an empty bucket.</summary>
    public const long PaceUs = 5_000;

    /// <summary>Fraction of the tokens left that is leased, and minimum fraction of the capacity left.</summary>
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

    /// <summary>A request for the bucket with this limit only and the limit's dimensions.</summary>
    public LimitSet Limits { get; private set; }

    /// <summary>Spending without the primary; null for none since its last reply.</summary>
    public OutageSpending? Alone { get; set; }

    public long UsedUs { get; set; }

    public readonly Limit Limit => Limits.First;

    public readonly bool Owes => Alone is { Owes: true };

    public static KnownBucket Of(UInt128 hash, in LimitSet limits, long nowUs) => new() { Hash = hash, Limits = limits.Lean(), UsedUs = nowUs };

    public readonly bool IsAsNew(in StoreTime now) => _quota is not null && Alone is null && !Lease.IsHeld && !Demand.IsBusy && LevelAt(now) == 0;

    /// <summary>Units in the primary at its last reply, drained to now.</summary>
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

    // The limit or its tenant's listing may have changed.
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

    // Learns a reply. Ignores its state while spending is unsettled, or if the primary may have lost its memory.
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

    /// <summary>Learns the state after a settlement, drained to now. Refusals are not derived from it.</summary>
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

    /// <summary>Removes the rest of an ended lease. The bucket is unknown until the next reply.</summary>
    public LeaseWish EndLease()
    {
        var rest = Lease.Rest;
        Lease.GiveUp();
        _isBelieved = false;
        return rest;
    }

    // A check also counts the rest of a lease that has just ended. Ignores replies from before forgottenUs.
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

    /// <summary>Earliest possible time of the primary: no caller retries too early.</summary>
    public readonly StoreTime Earliest(long nowUs) => At(_storeUs + (nowUs - _receivedUs));

    /// <summary>Returns the lease to ask for and the tokens to give back. Blocks other asks until the reply.</summary>
    public LeaseWish Wish(Quota quota, long cost, long nowUs, long horizonUs, bool mayLease)
    {
        // Tokens stay valid if their rate changes. Window tokens do not fit a bucket: they return at the lease's end.
        if (Lease.IsOfOtherKind(quota))
            return default;
        // The primary may or may not count returned tokens at the next command.
        var wish = Lease.IsHeld ? EndLease() : Lease.Rest;
        if (!mayLease || !Demand.IsBusy || Lease.IsAskedFor(nowUs))
            return wish;
        Lease.AskFor(nowUs);
        long wanted = IsOf(quota) ? Wanted(quota, Demand.Surely - cost, horizonUs) : 0;
        return wish with { Tokens = Math.Min(Lease.MostNext, wanted), IsSole = true };
    }

    // A well-filled bucket leases the demand, an empty one its refill until the next command. In between, none: the
    // last tokens go to the first request.
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

    // Delays the next command for an empty bucket by the pace, but not beyond a quarter of its fill time.
    private readonly long PacedUntilUs(Quota quota, long cost, long nowUs)
    {
        if (!Demand.IsBusy || _leftThen >= cost || quota is not TokenQuota)
            return 0;
        long paceUs = Math.Min(PaceUs, quota.Window.Ticks / TimeSpan.TicksPerMicrosecond / 4);
        // Another command already asks for the refill.
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
