namespace Weir.Redis;

/// <summary>Adds up the time for which Redis owes replies. Not safe for concurrent use.</summary>
internal sealed class ReplyWait
{
    private long _total;
    private long _since;

    /// <summary>True from just before a batch is sent until all of its replies have been read.</summary>
    public bool IsOwed { get; private set; }

    public void Begin(long now) => (IsOwed, _since) = (true, now);

    public void End(long now) => (IsOwed, _total) = (false, At(now));

    /// <summary>Returns the total time for which Redis has owed replies, in ticks.</summary>
    public long At(long now) => _total + Silence(now);

    public long Silence(long now) => IsOwed ? now - _since : 0;
}
