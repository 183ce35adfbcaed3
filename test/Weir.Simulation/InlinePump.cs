namespace Weir.Simulation;

/// <summary>
/// Sends on the thread of whoever makes a batch ready, and goes on with a reply on the thread that brings it, callers included: one thread can be all there is, and what happens
/// depends on nothing but what it does. A thread with a synchronization context goes on elsewhere.
/// </summary>
internal sealed class InlinePump : IBatchPump
{
    private Batcher? _batcher;

    /// <inheritdoc/>
    public void Begin(Batcher batcher) => _batcher = batcher;

    /// <inheritdoc/>
    public void WakeLocked(object gate, bool all)
    {
    }

    /// <inheritdoc/>
    public void Pump()
    {
        while (_batcher!.Next() is { } batch)
            _ = FollowAsync(_batcher, batch);
    }

    /// <inheritdoc/>
    public void Resume(ReadOnlySpan<PendingCommand> answered)
    {
        foreach (var take in answered)
            take.Resume();
    }

    private async Task FollowAsync(Batcher batcher, Batch batch)
    {
        var calls = new Queue<Batch>();
        batcher.Send(batch, calls);
        while (calls.TryDequeue(out var call))
        {
            await call.Arrival.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            batcher.Receive(call, calls);
        }

        batcher.Back();
        Pump();
    }
}
