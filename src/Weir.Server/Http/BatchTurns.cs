namespace Weir.Server;

/// <summary>
/// Batches take turns on the processor: half of the cores work for them at a time, so that other requests find a core
/// whatever a batch holds (law L9). A turn is short, and waiting batches are served in the order in which they
/// came.
/// </summary>
internal sealed class BatchTurns : IDisposable
{
    private readonly SemaphoreSlim _free = new(Math.Max(1, Environment.ProcessorCount / 2));

    /// <summary>Waits for a turn, which ends when the result is disposed.</summary>
    public async ValueTask<Turn> TakeAsync()
    {
        await _free.WaitAsync();
        // Behind whatever has come meanwhile: a turn that follows another at once would keep the thread to itself.
        await Task.Yield();
        return new Turn(_free);
    }

    public void Dispose() => _free.Dispose();

    /// <summary>A turn, not longer than a slice of a batch or the parsing of one.</summary>
    public readonly struct Turn(SemaphoreSlim free) : IDisposable
    {
        public void Dispose() => free.Release();
    }
}
