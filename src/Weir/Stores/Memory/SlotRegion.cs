namespace Weir;

/// <summary>
/// The parts of one kind of tenants of all shards, and the memory under them, which is taken when the first tenant of
/// that kind comes.
/// </summary>
internal sealed unsafe class SlotRegion
{
    private readonly Lock _gate = new();
    private readonly int _slotsPerPart;
    private volatile SlotMemory? _memory;

    /// <param name="parts">The number of parts: of shards.</param>
    /// <param name="sets">Sets of slots in each part.</param>
    public SlotRegion(int parts, int sets)
    {
        _slotsPerPart = sets * SlotPart.SetSize;
        Parts = [.. Enumerable.Range(0, parts).Select(_ => new SlotPart(this, sets))];
    }

    /// <summary>A part for each shard.</summary>
    public SlotPart[] Parts { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => _memory?.Bytes ?? 0;

    /// <summary>Slots in memory: none before the first tenant.</summary>
    public long Capacity => _memory is null ? 0 : (long)Parts.Length * _slotsPerPart;

    /// <summary>Takes the memory, unless it is taken.</summary>
    public void Open()
    {
        lock (_gate)
        {
            if (_memory is not null)
                return;
            var memory = new SlotMemory(Parts.Length * _slotsPerPart);
            for (int i = 0; i < Parts.Length; i++)
                Parts[i].Start = memory.Start + ((long)i * _slotsPerPart);
            _memory = memory;
        }
    }

    /// <summary>The number of a slot of this region; false for a slot of another one.</summary>
    public bool TryNumber(Slot* slot, out long number)
    {
        number = _memory is { } memory ? slot - memory.Start : -1;
        return number >= 0 && number < Capacity;
    }
}
