using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>How reading a snapshot ended.</summary>
/// <param name="Buckets">Buckets that are back.</param>
/// <param name="Dropped">Buckets that found no room, because the store is now smaller.</param>
/// <param name="Fault">Why nothing was read, or null.</param>
public sealed record SnapshotRead(int Buckets, int Dropped, string? Fault);

/// <summary>
/// The format of a snapshot, little-endian, and the only place that knows it:
/// <code>
/// 8  "WEIRSNAP"
/// 4  version (2); 1 was the same but for the tenants' names
/// 4  rates
/// 8  hash seed: buckets are known by their hash under it
/// 8  Unix time in us at which it was written
/// 8  the store's clock in us at the same moment
/// 24 a rate: us a tick, units a token, units a tick; a slot's rate is an index into these
/// 32 a slot: hash (low, high; the lower half of high is the tenant's name), spent, stamp, each of the last two with half of the rate's index
///    an empty slot ends the keys' own buckets; those that keys without a place share come after it
/// 16 XXH3-128 of everything before
/// </code>
/// </summary>
/// <remarks>
/// It holds every bucket that is not as new, those shared by keys without a place included. Time went on while the
/// process was away, so stamps are moved by the wall clock's difference; a wall clock that stepped back counts as no time.
/// </remarks>
internal static class Snapshot
{
    private const int Version = 2;
    private const int HeaderSize = 40;
    private const int RateSize = 24;
    private const int ChecksumSize = 16;

    /// <summary>The longest snapshot that is read: what a store of the largest size could have written.</summary>
    private const long MaxSize = HeaderSize + ((long)RefillRate.MaxCount * RateSize) + (4L * MemoryStoreOptions.MostKeys * Slot.Size) + ChecksumSize;

    private static ReadOnlySpan<byte> Magic => "WEIRSNAP"u8;

    /// <summary>Writes all buckets of a store. Takers wait for one shard at a time, never for the writing.</summary>
    public static void Write(MemoryStore store, Stream to, long unixUs)
    {
        var checksum = new XxHash128();
        var rates = RefillRate.All();
        Span<byte> header = stackalloc byte[HeaderSize];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[8..], Version);
        BinaryPrimitives.WriteInt32LittleEndian(header[12..], rates.Length);
        BinaryPrimitives.WriteInt64LittleEndian(header[16..], store.Seed);
        BinaryPrimitives.WriteInt64LittleEndian(header[24..], unixUs);
        BinaryPrimitives.WriteInt64LittleEndian(header[32..], store.Time.NowUs);
        Append(to, checksum, header);
        foreach (var rate in rates)
            Append(to, checksum, MemoryMarshal.AsBytes([rate.TickUs, rate.UnitsPerToken, rate.UnitsPerTick]));
        WriteTable(store.Buckets, to, checksum, store.Time, rates.Length);
        Append(to, checksum, stackalloc byte[Slot.Size]);
        WriteTable(store.Overflow, to, checksum, store.Time, rates.Length);
        to.Write(checksum.GetCurrentHash());
    }

    /// <summary>Puts the buckets of a snapshot back into an empty store, or says why it cannot and changes nothing.</summary>
    public static SnapshotRead Read(MemoryStore store, Stream from, long unixUs)
    {
        if (from.Length is < HeaderSize + ChecksumSize or > MaxSize)
            return new(0, 0, $"its length of {from.Length} bytes is not that of a snapshot");
        Span<byte> header = stackalloc byte[HeaderSize];
        from.ReadExactly(header);
        if (!header.StartsWith(Magic))
            return new(0, 0, "it does not begin as a snapshot does");
        int version = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        // Where the tenant's name now stands, version 1 had more of the hash: its buckets count in nobody's share until they drain.
        if (version is < 1 or > Version)
            return new(0, 0, $"its version is {version}; this program reads 1 and {Version}");
        if (!IsWhole(from))
            return new(0, 0, "its checksum does not match: it was torn or changed");
        from.Position = HeaderSize;
        return ReadSlots(store, from, header, unixUs);
    }

    private static void WriteTable(SlotTable table, Stream to, XxHash128 checksum, in StoreTime time, int rates)
    {
        var slots = new Slot[table.Shards.Max(shard => shard.Capacity)];
        foreach (var shard in table.Shards)
        {
            int count = shard.CopyLive(slots, time);
            for (int i = 0; i < count; i++)
            {
                // A rate that came after the table of rates was written belongs to a bucket that did too.
                if (slots[i].RateId < rates)
                    Append(to, checksum, MemoryMarshal.AsBytes(slots.AsSpan(i, 1)));
            }
        }
    }

    private static void Append(Stream to, XxHash128 checksum, ReadOnlySpan<byte> bytes)
    {
        checksum.Append(bytes);
        to.Write(bytes);
    }

    private static bool IsWhole(Stream from)
    {
        from.Position = 0;
        var checksum = new XxHash128();
        var block = new byte[64 * 1024];
        long left = from.Length - ChecksumSize;
        while (left > 0)
        {
            int read = from.Read(block, 0, (int)Math.Min(left, block.Length));
            if (read == 0)
                return false;
            checksum.Append(block.AsSpan(0, read));
            left -= read;
        }

        Span<byte> written = stackalloc byte[ChecksumSize];
        from.ReadExactly(written);
        return written.SequenceEqual(checksum.GetCurrentHash());
    }

    private static SnapshotRead ReadSlots(MemoryStore store, Stream from, ReadOnlySpan<byte> header, long unixUs)
    {
        var rates = ReadRates(from, BinaryPrimitives.ReadInt32LittleEndian(header[12..]));
        if (rates is null)
            return new(0, 0, "its table of rates is not one");
        store.AdoptSeed(BinaryPrimitives.ReadInt64LittleEndian(header[16..]));
        long awayUs = Math.Max(0, unixUs - BinaryPrimitives.ReadInt64LittleEndian(header[24..]));
        var time = store.Time;
        long shiftUs = time.NowUs - BinaryPrimitives.ReadInt64LittleEndian(header[32..]) - awayUs;
        int buckets = 0, dropped = 0;
        var table = store.Buckets;
        var slot = default(Slot);
        var bytes = MemoryMarshal.AsBytes(new Span<Slot>(ref slot));
        while (from.Position + Slot.Size <= from.Length - ChecksumSize)
        {
            from.ReadExactly(bytes);
            if (slot.IsEmpty)
                table = store.Overflow;
            else if (slot.RateId >= rates.Length || !TryRestore(table, slot, rates[slot.RateId], shiftUs, store))
                dropped++;
            else
                buckets++;
        }

        return new(buckets, dropped, null);
    }

    /// <summary>False when there is no room.</summary>
    /// <param name="table">Where the slot belongs.</param>
    /// <param name="slot">As the snapshot has it.</param>
    /// <param name="rate">The slot's rate in this process.</param>
    /// <param name="shiftUs">What turns the snapshot's stamps into this store's.</param>
    /// <param name="store">Whose clock it is.</param>
    private static unsafe bool TryRestore(SlotTable table, in Slot slot, RefillRate rate, long shiftUs, MemoryStore store)
    {
        var time = store.Time;
        var state = rate.IsWindow ? OpenWindow(slot.State, time) : Drained(rate, slot.State with { At = slot.State.At + shiftUs }, time);
        var shard = table.ShardOf(slot.Hash);
        lock (shard.Gate)
        {
            if (state.Spent == 0)
                return true;
            var place = shard.AddAgainLocked(slot.Hash, state, rate.Id, store.Clock);
            if (place is not null && table == store.Overflow)
                store.Spenders.Fill(table.NumberOf(place));
            return place is not null;
        }
    }

    /// <summary>A window's stamp is its end on the wall, wherever the store's clock begins.</summary>
    private static BucketState OpenWindow(BucketState state, in StoreTime time) => state.At > time.WallUs ? state : default;

    /// <summary>Drained up to now, since a stamp from before this clock's zero would be negative.</summary>
    private static BucketState Drained(RefillRate rate, BucketState state, in StoreTime time)
    {
        var moved = state with { At = Math.Min(state.At, time.NowUs) };
        return new BucketState(TokenBucket.SpentAt(rate, moved, time.NowUs), time.NowUs);
    }

    private static RefillRate[]? ReadRates(Stream from, int count)
    {
        if (count < 0 || HeaderSize + ((long)count * RateSize) > from.Length - ChecksumSize)
            return null;
        var rates = new RefillRate[count];
        Span<long> numbers = stackalloc long[RateSize / sizeof(long)];
        for (int i = 0; i < count; i++)
        {
            from.ReadExactly(MemoryMarshal.AsBytes(numbers));
            if (numbers[0] < 1 || numbers[1] < 1 || numbers[2] < 1 || !RefillRate.TryGet(numbers[0], numbers[1], numbers[2], out var rate))
                return null;
            rates[i] = rate;
        }

        return rates;
    }
}
