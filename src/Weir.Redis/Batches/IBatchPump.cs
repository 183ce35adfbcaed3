namespace Weir.Redis;

/// <summary>
/// Sends the batches of a <see cref="Batcher"/>, waits for their replies and resumes callers, on threads of its own or
/// on the caller's.
/// </summary>
internal interface IBatchPump
{
    /// <summary>Begins to send.</summary>
    void Begin(Batcher batcher);

    /// <summary>
    /// A batch may leave, or none ever will. Called under the batcher's gate, and followed by <see cref="Pump"/>
    /// without it.
    /// </summary>
    void WakeLocked(object gate, bool all);

    /// <summary>Sends what may leave, if that is the caller's to do.</summary>
    void Pump();

    /// <summary>Has these go on, all of them answered by the caller.</summary>
    void Resume(ReadOnlySpan<PendingCommand> answered);
}
