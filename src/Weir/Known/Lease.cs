namespace Weir;

// Tokens of a bucket leased to this instance. Its life begins before the command is sent, so it ends here before the
// primary ends it. The script keeps leases within the bucket's bound.
internal struct Lease
{
    /// <summary>Timeout after which another request may ask for a lease.</summary>
    private const long AskedForUs = 20_000;

    /// <summary>Fraction of a lease's life by which it ends early, since clocks drift.</summary>
    private const int DriftShare = 32;

    private long _stampUs;
    private long _granted;
    private long _unused;
    private long _askedForUntilUs;
    private bool _isOfWindow;

    /// <summary>Tokens left, which the primary counts as spent.</summary>
    public long Tokens { get; private set; }

    public long EndsUs { get; private set; }

    public readonly bool IsHeld => Tokens > 0;

    // Maximum of the next lease: twice the tokens used of the last one, so that a slow instance holds back less.
    public readonly long MostNext => _unused == 0 ? long.MaxValue : Math.Max(1, 2 * (_granted - _unused));

    public readonly LeaseWish Rest => new(0, Tokens, _stampUs);

    public readonly bool IsAskedFor(long nowUs) => nowUs < _askedForUntilUs;

    /// <summary>True if the lease holds window tokens for a token bucket, or the reverse.</summary>
    public readonly bool IsOfOtherKind(Quota quota) => IsHeld && (quota is WindowQuota) != _isOfWindow;

    public void AskFor(long nowUs) => _askedForUntilUs = nowUs + AskedForUs;

    public void HasReply() => _askedForUntilUs = 0;

    public void Spend(long tokens) => Tokens -= tokens;

    /// <summary>Returns spent tokens to their lease. False if that lease is over or another one.</summary>
    public bool TryTakeBack(long tokens, long endsUs, long nowUs)
    {
        if (endsUs != EndsUs || nowUs >= EndsUs)
            return false;
        Tokens += tokens;
        return true;
    }

    /// <summary>The unused tokens bound the next lease.</summary>
    public void GiveUp() => (_unused, Tokens) = (Tokens, 0);

    /// <summary>Holds granted tokens. Merges a second lease, which takes the earlier end and stamp.</summary>
    public void Hold(Quota quota, in Heard heard, bool isFirst, long nowUs, long horizonUs)
    {
        _isOfWindow = quota is WindowQuota;
        long lifeUs = _isOfWindow ? Math.Min(horizonUs, heard.State.At - heard.Time.NowUs) : horizonUs;
        long endsUs = (heard.SentUs ?? nowUs) + lifeUs - (lifeUs / DriftShare), stampUs = heard.StampUs(quota);
        long tokens = heard.Leased / quota.Rate.UnitsPerToken;
        (EndsUs, _stampUs) = isFirst ? (endsUs, stampUs) : (Math.Min(EndsUs, endsUs), Math.Min(_stampUs, stampUs));
        (_granted, Tokens) = isFirst ? (tokens, tokens) : (_granted + tokens, Tokens + tokens);
        _unused = 0;
    }

    /// <summary>Holds tokens again that were never given back. False if another lease is held.</summary>
    public bool TryRestore(in LeaseWish wish)
    {
        if (IsHeld || _stampUs != wish.BackStampUs)
            return false;
        (Tokens, _unused) = (wish.Back, 0);
        return true;
    }
}
