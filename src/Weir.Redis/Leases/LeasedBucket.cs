namespace Weir.Redis;

/// <summary>
/// What this instance knows of one bucket in Redis: how it stood when Redis was asked last, the tokens that are leased of it, and how much of it is wanted here.
/// </summary>
/// <remarks>
/// <para>
/// All times of its own are microseconds of this instance's monotonic clock; the store's clock is known from the last reply, to within the time that the
/// reply took: it was read after the request was sent and before the reply came.
/// </para>
/// <para>
/// A lease is counted from before its request was sent, and so ends here before it does in the eyes of Redis. That what is leased never takes a bucket over
/// its bound is the script's doing (<c>take.lua</c>).
/// </para>
/// </remarks>
internal struct LeasedBucket
{
    /// <summary>So long a bucket's state is believed: a refund, a reset or a raise elsewhere is known here within this time and a call's.</summary>
    public const long BelievedUs = 900_000;

    /// <summary>A bucket that is used up is asked about so often at most: what comes back meanwhile is taken at once.</summary>
    public const long PaceUs = 5_000;

    /// <summary>Requests within a horizon that make a bucket busy. Of one that is not, nothing is leased, and nobody waits for the pace.</summary>
    public const int BusyFrom = 8;

    /// <summary>For so long nobody else asks for a lease of a bucket, if no reply comes.</summary>
    private const long AskedForUs = 20_000;

    /// <summary>A lease is this part of what is left at most, and there is none of a bucket with less than this part of its capacity left.</summary>
    private const int Share = 4;

    /// <summary>A lease's end is taken for so much of it earlier, since clocks do not run alike.</summary>
    private const int DriftShare = 32;

    private Quota? _quota;
    private BucketState _state;
    private long _storeUs;
    private long _sentUs;
    private long _receivedUs;
    private long _leftThen;
    private long _tokens;
    private long _endsUs;
    private long _stampUs;
    private long _granted;
    private long _unused;
    private long _demandFromUs;
    private long _demand;
    private long _demandBefore;
    private int _requests;
    private int _requestsBefore;
    private long _askingUntilUs;
    private bool _isKnown;
    private bool _isOfWindow;

    /// <summary>The bucket; 0 for none.</summary>
    public UInt128 Hash { get; private set; }

    /// <summary>When it was asked for last.</summary>
    public long TouchedUs { get; private set; }

    /// <summary>Whether tokens are here that Redis counts as spent.</summary>
    public readonly bool HoldsTokens => _tokens > 0;

    /// <summary>When the lease ends.</summary>
    public readonly long EndsUs => _endsUs;

    /// <summary>Begins to know another bucket.</summary>
    public void Become(UInt128 hash) => this = new LeasedBucket { Hash = hash };

    /// <summary>Counts what is wanted of the bucket.</summary>
    public void Touch(long cost, long nowUs, long horizonUs)
    {
        TouchedUs = nowUs;
        long ranUs = nowUs - _demandFromUs;
        if (ranUs >= horizonUs)
        {
            bool followsOn = ranUs < 2 * horizonUs;
            (_demandBefore, _requestsBefore) = (followsOn ? _demand : 0, followsOn ? _requests : 0);
            (_demand, _requests, _demandFromUs) = (0, 0, nowUs);
        }

        _demand += cost;
        _requests++;
    }

    /// <summary>What is wanted in a horizon: as much as in the last one, and halfway up to what is wanted in this one if that is more already.</summary>
    private readonly long Demand => _demandBefore == 0 ? _demand : (_demandBefore + Math.Max(_demandBefore, _demand)) / 2;

    private readonly bool IsBusy => Math.Max(_requests, _requestsBefore) >= BusyFrom;

    /// <summary>How a request stands. One that spends nothing sees also what is left of a lease that has just ended.</summary>
    /// <param name="quota">The quota of its limit.</param>
    /// <param name="cost">What it costs.</param>
    /// <param name="spends">Whether it spends.</param>
    /// <param name="nowUs">Now.</param>
    /// <param name="forgottenUs">A state is believed only if Redis was asked for it after this time.</param>
    public readonly Standing Stand(Quota quota, long cost, bool spends, long nowUs, long forgottenUs)
    {
        if (!_isKnown || !IsOf(quota))
            return Standing.Unknown;
        if (_tokens > 0)
            return _tokens >= cost && (!spends || nowUs < _endsUs) && !IsOfOtherKind(quota) ? Standing.Covered : Standing.Unknown;
        if (nowUs - _sentUs > BelievedUs || _sentUs <= forgottenUs || cost > quota.Capacity)
            return Standing.Unknown;
        var state = _state;
        if (quota.Take(ref state, Latest(nowUs), cost) == BucketOutcome.Refused)
            return Standing.Refused;
        return nowUs < PacedUntilUs(quota, cost, nowUs) ? Standing.Refused : Standing.Unknown;
    }

    /// <summary>What is said of a request that stands so.</summary>
    public readonly BucketLine Line(Quota quota, long cost, Standing standing, long nowUs, in StoreTime time)
    {
        if (standing == Standing.Covered)
            return new BucketLine(BucketOutcome.Allowed, WithoutLeased(quota, _tokens));
        var state = _state;
        quota.Take(ref state, time, cost);
        long pacedUs = PacedUntilUs(quota, cost, nowUs) - nowUs;
        return new BucketLine(BucketOutcome.Refused, pacedUs <= 0 || quota is not TokenQuota bucket ? state : AsIfRefused(bucket, state, time, cost, pacedUs));
    }

    /// <summary>Hands out tokens that are leased.</summary>
    public void Spend(long cost) => _tokens -= cost;

    /// <summary>The time of the store, at the earliest: whoever is told when to come back is not told too early.</summary>
    public readonly StoreTime Earliest(long nowUs) => At(_storeUs + (nowUs - _receivedUs));

    /// <summary>What to ask for beside a decision, and what to give back with it. Until the reply comes, nobody else asks for more.</summary>
    public LeaseWish Wish(Quota quota, long cost, long nowUs, long horizonUs, bool mayLease = true)
    {
        bool hasSeen = IsOf(quota);
        // Tokens are tokens also when their number a second has changed. But those of a window are none of a bucket: they go back as what they were, when their lease ends.
        if (IsOfOtherKind(quota))
            return default;
        var wish = new LeaseWish(0, _tokens, _stampUs);
        // What is given back may or may not be there when Redis is asked next: until the reply, nothing is known.
        if (_tokens > 0)
            GiveUp();
        if (!mayLease || !IsBusy || nowUs < _askingUntilUs)
            return wish;
        _askingUntilUs = nowUs + AskedForUs;
        return wish with { Tokens = Math.Min(MostNext, Wanted(quota, Surely(Demand) - cost, hasSeen, horizonUs)), IsSole = true };
    }

    /// <summary>
    /// How much is asked for ahead: what is wanted here in a horizon, as long as the bucket has plenty. When it is used up, what comes back until it is asked about again,
    /// if that is anything. In between nothing, so that the last tokens go to whoever asks first, and not to who has leased them.
    /// </summary>
    private readonly long Wanted(Quota quota, long demand, bool hasSeen, long horizonUs)
    {
        if (demand < 1 || !hasSeen)
            return 0;
        if (_leftThen >= demand)
            return _leftThen >= quota.Capacity / Share ? Math.Min(demand, _leftThen / Share) : 0;
        return quota is TokenQuota { Tokens: > 0 } bucket && TokensIn(bucket, PaceUs) >= 1 ? Math.Max(1, demand * PaceUs / horizonUs) : 0;
    }

    /// <summary>
    /// What will be used in a horizon for all that is likely: what is not, when a lease ends, is lost as far as it has come back meanwhile. Requests come as they like, so
    /// their number strays by its root.
    /// </summary>
    private static long Surely(long demand) => (demand * 3 / 4) - (long)Math.Sqrt(demand);

    private static long TokensIn(TokenQuota quota, long us) => us / quota.Rate.TickUs * quota.Rate.UnitsPerTick / quota.Rate.UnitsPerToken;

    /// <summary>What a request that only looks shows to Redis, as if it were given back, so that it is answered as a take would be.</summary>
    public readonly LeaseWish Held(Quota quota) => IsOfOtherKind(quota) ? default : new LeaseWish(0, _tokens, _stampUs);

    /// <summary>Learns what Redis said.</summary>
    public void Learn(Quota quota, in LeaseReply reply, bool wasSole, long sentUs, long receivedUs, long horizonUs)
    {
        if (wasSole)
            _askingUntilUs = 0;
        if (reply.Leased > 0)
            Hold(quota, reply, sentUs, horizonUs);
        if (IsOf(quota) && _isKnown && reply.Time.NowUs < _storeUs)
            return;
        (_quota, _isKnown, _state, _storeUs, _sentUs, _receivedUs) = (quota, true, reply.Line.State, reply.Time.NowUs, sentUs, receivedUs);
        _leftThen = quota.TokensLeft(_state, reply.Time);
    }

    /// <summary>A reply that is very late finds another lease here: the two are one then, as old as the older.</summary>
    private void Hold(Quota quota, in LeaseReply reply, long sentUs, long horizonUs)
    {
        bool isWindow = quota is WindowQuota;
        long lifeUs = isWindow ? Math.Min(horizonUs, reply.Line.State.At - reply.Time.NowUs) : horizonUs;
        long endsUs = sentUs + lifeUs - (lifeUs / DriftShare), stampUs = isWindow ? reply.Line.State.At : reply.Time.NowUs;
        bool isFirst = _tokens == 0 || !IsOf(quota);
        (_endsUs, _stampUs) = isFirst ? (endsUs, stampUs) : (Math.Min(_endsUs, endsUs), Math.Min(_stampUs, stampUs));
        _granted = isFirst ? reply.Leased : _granted + reply.Leased;
        _unused = 0;
        _tokens = isFirst ? reply.Leased : _tokens + reply.Leased;
        _isOfWindow = isWindow;
    }

    /// <summary>Holds tokens again that were to be given back. False if another lease is here meanwhile.</summary>
    public bool TryRestore(in LeaseWish wish)
    {
        if (wish.IsSole)
            _askingUntilUs = 0;
        if (_tokens > 0 || _stampUs != wish.BackStampUs)
            return false;
        (_tokens, _unused, _isKnown) = (wish.Back, 0, false);
        return true;
    }

    /// <summary>Takes out what is left of a lease that has ended.</summary>
    public LeaseWish End()
    {
        var wish = new LeaseWish(0, _tokens, _stampUs);
        GiveUp();
        return wish;
    }

    /// <summary>What goes back unused tells how much the next lease can be.</summary>
    private void GiveUp() => (_unused, _tokens, _isKnown) = (_tokens, 0, false);

    /// <summary>
    /// The next lease, at most: twice what was handed out of the last one, so that an instance that is late to hand out
    /// keeps less from others.
    /// </summary>
    private readonly long MostNext => _unused == 0 ? long.MaxValue : Math.Max(1, 2 * (_granted - _unused));

    private readonly bool IsOfOtherKind(Quota quota) => _tokens > 0 && (quota is WindowQuota) != _isOfWindow;

    private readonly bool IsOf(Quota quota) => ReferenceEquals(_quota, quota) || quota.Equals(_quota);

    private readonly StoreTime Latest(long nowUs) => At(_storeUs + (nowUs - _sentUs));

    private static StoreTime At(long storeUs) => new(storeUs, storeUs);

    /// <summary>
    /// When it is time to ask about a bucket again that had no room for a cost: not before the pace is over, but for one that would be full by then, since what
    /// flows over is lost.
    /// </summary>
    private readonly long PacedUntilUs(Quota quota, long cost, long nowUs)
    {
        if (!IsBusy || _leftThen >= cost || quota is not TokenQuota)
            return 0;
        long paceUs = Math.Min(PaceUs, quota.Window.Ticks / TimeSpan.TicksPerMicrosecond / 4);
        // Somebody is asking already, for as much as comes back.
        return (nowUs < _askingUntilUs ? nowUs : _sentUs) + paceUs;
    }

    private readonly BucketState WithoutLeased(Quota quota, long tokens) =>
        _state with { Spent = Math.Max(0, _state.Spent - (quota is TokenQuota bucket ? bucket.UnitsOf(tokens) : tokens)) };

    /// <summary>The state that has room for a cost when it is time to ask, and not before.</summary>
    private static BucketState AsIfRefused(TokenQuota quota, BucketState state, in StoreTime time, long cost, long waitUs)
    {
        long ticks = ((waitUs - 1) / quota.Rate.TickUs) + 1;
        long spent = quota.CapacityUnits - quota.UnitsOf(cost) + (ticks * quota.Rate.UnitsPerTick);
        return new BucketState(Math.Max(TokenBucket.SpentAt(quota.Rate, state, time.NowUs), spent), Math.Max(state.At, time.NowUs));
    }
}

/// <summary>What is asked for beside a decision at one bucket, and what is given back with it.</summary>
/// <param name="Tokens">Tokens wanted ahead.</param>
/// <param name="Back">Tokens given back.</param>
/// <param name="BackStampUs">The stamp of the lease that those were of.</param>
/// <param name="IsSole">True when nobody else may ask for a lease of that bucket until the reply comes.</param>
internal readonly record struct LeaseWish(long Tokens, long Back, long BackStampUs, bool IsSole = false);

/// <summary>What Redis said of one bucket.</summary>
/// <param name="Line">How it stands.</param>
/// <param name="Time">The time of Redis.</param>
/// <param name="Leased">Tokens that were leased.</param>
internal readonly record struct LeaseReply(BucketLine Line, StoreTime Time, long Leased);
