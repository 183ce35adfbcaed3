namespace Weir.Redis;

/// <summary>Sends the batches of a <see cref="Batcher"/>, waits for their replies and resumes callers.</summary>
internal interface IBatchPump
{
    void Begin(Batcher batcher);

    /// <summary>Signals a batch, or the end. Called under the batcher's gate, before <see cref="Pump"/>.</summary>
    void WakeLocked(object gate, bool all);

    /// <summary>Sends waiting batches, if the pump has no thread of its own.</summary>
    void Pump();

    void Resume(ReadOnlySpan<PendingCommand> answered);
}
