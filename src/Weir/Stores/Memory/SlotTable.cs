using System.Numerics;

namespace Weir;

/// <summary>A bounded, flat table of buckets, cut into shards so that cores seldom wait for one another.</summary>
/// <remarks>It has room for the keys it is made for twice: once for those of listed tenants, once for all others.</remarks>
internal sealed unsafe class SlotTable
{
    private const int MaxShards = 1024;
    private const int KeysPerShard = 256;

    /// <summary>How full a part is when it holds the keys it was made for; see <see cref="Neighbourhood.Reserve"/>.</summary>
    private const double Load = 0.53;

    /// <summary>Of listed tenants and of all others.</summary>
    private const int PartsPerShard = 2;

    private readonly SlotMemory _memory;
    private readonly SlotShard[] _shards;

    public SlotTable(int maxKeys)
    {
        int shards = (int)Math.Min(MaxShards, BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, maxKeys / KeysPerShard)));
        int sets = Math.Max(2, (int)Math.Ceiling(maxKeys / (shards * Load * SlotPart.SetSize)));
        int slots = sets * SlotPart.SetSize;
        _memory = new SlotMemory(slots * shards * PartsPerShard);
        _shards = new SlotShard[shards];
        // All parts of one kind lie side by side, so that those that are never used cost no memory.
        var others = _memory.Start + ((long)slots * shards);
        for (int i = 0; i < shards; i++)
            _shards[i] = new SlotShard(new SlotPart(_memory.Start + ((long)i * slots), sets), new SlotPart(others + ((long)i * slots), sets), i);
    }

    public IReadOnlyList<SlotShard> Shards => _shards;

    public long Bytes => _memory.Bytes;

    public long Used
    {
        get
        {
            long used = 0;
            foreach (var shard in _shards)
                used += shard.Used;
            return used;
        }
    }

    /// <summary>The number of a slot in the table.</summary>
    public long NumberOf(Slot* slot) => slot - _memory.Start;

    public long Capacity => _shards.Sum(shard => (long)shard.Capacity);

    /// <summary>The lowest bits choose the shard; the sets are chosen by the highest of each half.</summary>
    public SlotShard ShardOf(UInt128 hash) => _shards[(int)(uint)hash & (_shards.Length - 1)];
}
