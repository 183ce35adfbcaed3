namespace Weir.Server;

/// <summary>Stage of a connection and its start time, which the timeout check reads on another thread.</summary>
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

    /// <summary>True if no command has arrived for <see cref="RespBounds.IdleTimeout"/>.</summary>
    public bool IsIdleTooLong => _now == Stage.Idle && Elapsed > RespBounds.IdleTimeout;

    /// <summary>True if no command has arrived for <see cref="RespBounds.DrainQuiet"/>.</summary>
    public bool IsQuiet => _now == Stage.Idle && Elapsed >= RespBounds.DrainQuiet;

    // True if receiving the rest of a command or sending replies takes longer than ProgressTimeout.
    public bool IsStuck => _now is Stage.Receiving or Stage.Sending && Elapsed > RespBounds.ProgressTimeout;

    private TimeSpan Elapsed => time.GetElapsedTime(Volatile.Read(ref _since));

    /// <summary>Enters the idle or receiving stage. The timer continues for the same partial command.</summary>
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
