namespace Weir;

/// <summary>The tokens of a bucket that are leased to this instance.</summary>
/// <remarks>
/// A lease is counted from before its command was sent, and so ends here before it does in the primary. That a lease
/// never takes a bucket over its bound is the script's doing.
/// </remarks>
internal struct Lease
{
    /// <summary>Timeout after which another request may ask for a lease.</summary>
    private const long AskedForUs = 20_000;

    /// <summary>A lease's end is taken for so much of it earlier, since clocks do not run alike.</summary>
    private const int DriftShare = 32;

    private long _stampUs;
    private long _granted;
    private long _unused;
    private long _askedForUntilUs;
    private bool _isOfWindow;

    /// <summary>Tokens left of it, which the primary counts as spent.</summary>
    public long Tokens { get; private set; }

    /// <summary>When it ends, by the clock of the table.</summary>
    public long EndsUs { get; private set; }

    public readonly bool IsHeld => Tokens > 0;

    /// <summary>
    /// Maximum size of the next lease: twice the tokens used of the last one, so that an instance that is late to hand
    /// out keeps less from others.
    /// </summary>
    public readonly long MostNext => _unused == 0 ? long.MaxValue : Math.Max(1, 2 * (_granted - _unused));

    /// <summary>The command that gives back the rest.</summary>
    public readonly LeaseWish Rest => new(0, Tokens, _stampUs);

    public readonly bool IsAskedFor(long nowUs) => nowUs < _askedForUntilUs;

    /// <summary>True if it holds tokens of a window for a bucket, or of a bucket for a window.</summary>
    public readonly bool IsOfOtherKind(Quota quota) => IsHeld && (quota is WindowQuota) != _isOfWindow;

    public void AskFor(long nowUs) => _askedForUntilUs = nowUs + AskedForUs;

    public void HasReply() => _askedForUntilUs = 0;

    public void Spend(long tokens) => Tokens -= tokens;

    /// <summary>Takes tokens back that were spent. False if they are not of this lease, or it is over.</summary>
    public bool TryTakeBack(long tokens, long endsUs, long nowUs)
    {
        if (endsUs != EndsUs || nowUs >= EndsUs)
            return false;
        Tokens += tokens;
        return true;
    }

    /// <summary>What goes back unused tells how much the next lease can be.</summary>
    public void GiveUp() => (_unused, Tokens) = (Tokens, 0);

    /// <summary>Holds granted tokens. A second lease is merged into the first, as old as the older one.</summary>
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

    /// <summary>Holds tokens again that were to be given back. False if another lease is here meanwhile.</summary>
    public bool TryRestore(in LeaseWish wish)
    {
        if (IsHeld || _stampUs != wish.BackStampUs)
            return false;
        (Tokens, _unused) = (wish.Back, 0);
        return true;
    }
}
