namespace Weir.Redis;

/// <summary>Sends the batches of a <see cref="Batcher"/>, receives their replies and resumes the callers.</summary>
internal interface IBatchPump
{
    void Begin(Batcher batcher);

    /// <summary>Signals that decisions wait, or with <paramref name="all"/> that the batcher ends. Called under the
    /// batcher's lock, before <see cref="Pump"/>.</summary>
    void WakeLocked(object gate, bool all);

    /// <summary>Sends waiting batches; does nothing if the pump has a thread of its own.</summary>
    void Pump();

    void Resume(ReadOnlySpan<PendingCommand> answered);
}
