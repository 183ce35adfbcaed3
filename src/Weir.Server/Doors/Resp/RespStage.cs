namespace Weir.Server;

/// <summary>What a connection is at, and since when: read by the check of timeouts on another thread.</summary>
internal sealed class RespStage(TimeProvider time)
{
    private long _since = time.GetTimestamp();
    private volatile Stage _now = Stage.Idle;

    private enum Stage
    {
        Idle,
        Receiving,
        Deciding,
        Sending,
    }

    /// <summary>True after <see cref="RespBounds.IdleTimeout"/> without a command.</summary>
    public bool IsIdleTooLong => _now == Stage.Idle && Elapsed > RespBounds.IdleTimeout;

    // True if the rest of a command, or the client's reading, takes longer than ProgressTimeout.
    public bool IsStuck => _now is Stage.Receiving or Stage.Sending && Elapsed > RespBounds.ProgressTimeout;

    private TimeSpan Elapsed => time.GetElapsedTime(Volatile.Read(ref _since));

    /// <summary>Begins to wait for a command, or for the rest of one that has begun to arrive.</summary>
    public void Wait(bool isPart, bool isSame)
    {
        if (!isPart || !isSame)
            Volatile.Write(ref _since, time.GetTimestamp());
        _now = isPart ? Stage.Receiving : Stage.Idle;
    }

    public void Decide() => _now = Stage.Deciding;

    public void Send()
    {
        Volatile.Write(ref _since, time.GetTimestamp());
        _now = Stage.Sending;
    }
}
