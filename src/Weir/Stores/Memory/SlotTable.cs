using System.Numerics;

namespace Weir;

/// <summary>A bounded, flat table of buckets, cut into shards so that cores seldom wait for one another.</summary>
/// <remarks>
/// It has room for the keys it is made for twice: once for those of listed tenants, once for all others. Memory is
/// taken when the first of a kind comes.
/// </remarks>
internal sealed unsafe class SlotTable
{
    private const int MaxShards = 1024;
    private const int KeysPerShard = 256;

    /// <summary>
    /// How full a part is when it holds the keys it was made for; see <see cref="Neighbourhood.Reserve"/>.
    /// </summary>
    private const double Load = 0.53;

    private readonly SlotRegion _listed;
    private readonly SlotRegion _others;
    private readonly SlotShard[] _shards;

    public SlotTable(int maxKeys)
    {
        int shards = (int)Math.Min(MaxShards, BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, maxKeys / KeysPerShard)));
        int sets = Math.Max(2, (int)Math.Ceiling(maxKeys / (shards * Load * SlotPart.SetSize)));
        (_listed, _others) = (new SlotRegion(shards, sets), new SlotRegion(shards, sets));
        _shards = [.. _listed.Parts.Select((part, i) => new SlotShard(part, _others.Parts[i], i))];
        MostSlots = (long)shards * _shards[0].Capacity;
    }

    public IReadOnlyList<SlotShard> Shards => _shards;

    /// <summary>Bytes held.</summary>
    public long Bytes => _listed.Bytes + _others.Bytes;

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

    /// <summary>Slots in memory.</summary>
    public long Capacity => _listed.Capacity + _others.Capacity;

    /// <summary>Slots in all, be their memory taken or not.</summary>
    public long MostSlots { get; }

    /// <summary>The number of a slot in the table, below <see cref="MostSlots"/>.</summary>
    public long NumberOf(Slot* slot) =>
        _listed.TryNumber(slot, out long number) ? number
        : _others.TryNumber(slot, out number) ? (MostSlots / 2) + number
        : throw new ArgumentOutOfRangeException(nameof(slot));

    /// <summary>The lowest bits choose the shard; the sets are chosen by the highest of each half.</summary>
    public SlotShard ShardOf(UInt128 hash) => _shards[(int)(uint)hash & (_shards.Length - 1)];
}
