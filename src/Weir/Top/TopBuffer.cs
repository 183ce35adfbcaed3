namespace Weir;

// Buffers the decisions of one core, and counts them in batches of 256. Counted records keep their strings alive until
// the next records overwrite them.
internal sealed class TopBuffer(TopBuffer.Count count)
{
    private const int Size = 256;

    private readonly TopRecord[] _records = new TopRecord[Size];

    /// <summary>Rarely contended: only by reads, or by a thread that has just moved to another core.</summary>
    private readonly Lock _gate = new();
    private int _used;

    public delegate void Count(ReadOnlySpan<TopRecord> records);

    public void Add(in TopRecord record)
    {
        lock (_gate)
        {
            _records[_used++] = record;
            if (_used == Size)
                EmptyLocked();
        }
    }

    public void Empty()
    {
        lock (_gate)
            EmptyLocked();
    }

    private void EmptyLocked()
    {
        count(_records.AsSpan(0, _used));
        _used = 0;
    }
}
