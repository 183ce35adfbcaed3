namespace Weir;

// Gathers the decisions of one core until they are counted together. Counted records stay referenced until overwritten:
// at most 256 tenants and keys per core.
internal sealed class TopBuffer(TopBuffer.Count count)
{
    private const int Size = 256;

    private readonly TopRecord[] _records = new TopRecord[Size];

    /// <summary>Rarely contended: only by a thread that was moved to another core between two instructions.</summary>
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
