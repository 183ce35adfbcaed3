namespace Weir.Redis;

/// <summary>
/// Adds up how long Redis owed a reply. A decision is late because of Redis only if Redis owed replies for the whole
/// deadline; else this instance was too slow to send or read. Not for use by two threads at once.
/// </summary>
internal sealed class ReplyWait
{
    private long _total;
    private long _since;
    private int _owed;

    /// <summary>A batch was sent.</summary>
    public void Begin(long now)
    {
        if (_owed++ == 0)
            _since = now;
    }

    /// <summary>All replies to a batch have been read.</summary>
    public void End(long now)
    {
        if (--_owed == 0)
            _total += now - _since;
    }

    /// <summary>Returns the time for which Redis has owed a reply, in ticks.</summary>
    public long At(long now) => _total + (_owed > 0 ? now - _since : 0);
}
