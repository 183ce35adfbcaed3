namespace Weir;

/// <summary>Where the decisions of one core gather until they are counted together.</summary>
/// <remarks>
/// What has been counted stays where it was until it is written over: 256 tenants and keys a core at most live longer
/// for it.
/// </remarks>
internal sealed class TopBuffer(TopBuffer.Count count)
{
    private const int Size = 256;

    private readonly TopRecord[] _records = new TopRecord[Size];

    /// <summary>
    /// Seldom waited for: two threads meet here only if one of them was moved to another core between two instructions.
    /// </summary>
    private readonly Lock _gate = new();
    private int _used;

    /// <summary>Counts records.</summary>
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

    /// <summary>Counts what has gathered.</summary>
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
