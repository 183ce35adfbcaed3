namespace Weir;

// Tokens of a bucket that are leased to this instance. The lifetime starts when the command is sent, so the lease ends
// here before it ends in the primary. The script keeps all leases within the bucket's bound.
internal struct Lease
{
    /// <summary>Timeout after which another request may ask for a lease although no reply has come.</summary>
    private const long AskedForUs = 20_000;

    /// <summary>Divisor of a lifetime: a lease ends early by this fraction, because clocks drift.</summary>
    private const int DriftShare = 32;

    private long _stampUs;
    private long _granted;
    private long _unused;
    private long _askedForUntilUs;
    private bool _isOfWindow;

    /// <summary>Leased tokens left. The primary counts them as spent.</summary>
    public long Tokens { get; private set; }

    public long EndsUs { get; private set; }

    public readonly bool IsHeld => Tokens > 0;

    // Maximum tokens of the next lease. After unused tokens, twice the used ones: a slow instance leases fewer.
    public readonly long MostNext => _unused == 0 ? long.MaxValue : Math.Max(1, 2 * (_granted - _unused));

    public readonly LeaseWish Rest => new(0, Tokens, _stampUs);

    public readonly bool IsAskedFor(long nowUs) => nowUs < _askedForUntilUs;

    /// <summary>True if the lease holds window tokens but the quota is a token bucket, or the reverse.</summary>
    public readonly bool IsOfOtherKind(Quota quota) => IsHeld && (quota is WindowQuota) != _isOfWindow;

    public void AskFor(long nowUs) => _askedForUntilUs = nowUs + AskedForUs;

    public void HasReply() => _askedForUntilUs = 0;

    public void Spend(long tokens) => Tokens -= tokens;

    /// <summary>Puts spent tokens back into their lease. False if that lease has ended or was replaced.</summary>
    public bool TryTakeBack(long tokens, long endsUs, long nowUs)
    {
        if (endsUs != EndsUs || nowUs >= EndsUs)
            return false;
        Tokens += tokens;
        return true;
    }

    /// <summary>Removes the unused tokens. Their number bounds the next lease.</summary>
    public void GiveUp() => (_unused, Tokens) = (Tokens, 0);

    /// <summary>Holds granted tokens. Merges a second lease into the first, with the earlier end and stamp.</summary>
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

    /// <summary>Holds tokens again that were not given back. False if another lease was granted meanwhile.</summary>
    public bool TryRestore(in LeaseWish wish)
    {
        if (IsHeld || _stampUs != wish.BackStampUs)
            return false;
        (Tokens, _unused) = (wish.Back, 0);
        return true;
    }
}
