namespace Weir.Server;

/// <summary>Limits batches to half of the cores, in FIFO order, so that other requests find a core (law L9).</summary>
internal sealed class BatchTurns : IDisposable
{
    private readonly SemaphoreSlim _free = new(Math.Max(1, Environment.ProcessorCount / 2));

    public async ValueTask<Turn> TakeAsync()
    {
        await _free.WaitAsync();
        // Yield to queued work first, because consecutive turns would keep the thread.
        await Task.Yield();
        return new Turn(_free);
    }

    public void Dispose() => _free.Dispose();

    public readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
