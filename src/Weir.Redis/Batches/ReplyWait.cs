namespace Weir.Redis;

/// <summary>
/// Adds up how long Redis owed the reply to a batch. A decision is late because of Redis only if Redis owed replies for
/// the whole deadline; else this instance was too slow to send or read. Not for use by two threads at once.
/// </summary>
internal sealed class ReplyWait
{
    private long _total;
    private long _since;

    /// <summary>
    /// True from the moment at which a batch is about to be sent until all of its replies have been read.
    /// </summary>
    public bool IsOwed { get; private set; }

    /// <summary>A batch is about to be sent.</summary>
    public void Begin(long now) => (IsOwed, _since) = (true, now);

    /// <summary>All replies to the batch have been read.</summary>
    public void End(long now) => (IsOwed, _total) = (false, At(now));

    /// <summary>Returns the time for which Redis has owed a reply, in ticks.</summary>
    public long At(long now) => _total + Silence(now);

    /// <summary>Returns the time for which Redis has owed the reply to the batch under way, in ticks.</summary>
    public long Silence(long now) => IsOwed ? now - _since : 0;
}
