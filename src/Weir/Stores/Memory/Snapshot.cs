using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The format of a snapshot, little-endian, and with <see cref="SnapshotRecords"/> the only place that knows it:
/// <code>
/// 8  "WEIRSNAP"
/// 4  version (3)
/// 4  rates
/// 8  hash seed: buckets are known by their hash under it
/// 8  the store's clock in us at which it was begun
/// 8  Unix time in us at the same moment
/// 24 a rate: us a tick, units a token, units a tick; a slot's rate is an index into these
/// 32 a slot: hash (low, high; the lower half of high is the tenant's name), spent, stamp, each of the last two with
///    half of the rate's index; an empty slot ends the keys' own buckets, another one those that keys share
/// 4  limits with permits; for each: 16 hash, share, 4 holders; for each: 16 id, 8 when its permit ends
/// 4  records; for each: tenant, 16 id, share, 1 open, 8 open until, 8 kept until, 1 outcome, 16 fingerprint,
///    8 and 8 both clocks at the answer, 4 lines; for each: 1 outcome, 8 spent, 8 stamp; then the record's own bytes
/// 8  where the limits with permits begin
/// 16 XXH3-128 of everything before; a text and a record's bytes follow their length (4)
/// </code>
/// </summary>
/// <remarks>
/// It holds every bucket that is not as new, every permit, and every reservation and idempotency record. Time went on
/// while the process was away, so all stamps are moved by the wall clock's difference; a wall clock that stepped back
/// counts as no time.
/// </remarks>
internal static class Snapshot
{
    private const int Version = 3;
    private const int HeaderSize = 40;
    private const int RateSize = 24;
    private const int TrailerSize = sizeof(long);
    private const int ChecksumSize = 16;

    /// <summary>The first bytes of every snapshot.</summary>
    public static ReadOnlySpan<byte> Magic => "WEIRSNAP"u8;

    /// <summary>
    /// Writes a store. Takers wait for one shard at a time, or for a list to be copied, never for the writing.
    /// </summary>
    /// <remarks>
    /// Takes go on meanwhile. Buckets come first, so that a record that is written later never gives back what the
    /// buckets do not have: see <see cref="MemoTable.Export"/>.
    /// </remarks>
    public static void Write(MemoryStore store, Stream stream)
    {
        var to = new SnapshotWriter(stream);
        var rates = RefillRate.All();
        var (time, lastRecord) = store.Memos.BeginExport(store);
        to.Write(Magic);
        to.Write(Version);
        to.Write(rates.Length);
        to.Write(store.Seed);
        to.Write(time.NowUs);
        to.Write(time.WallUs);
        foreach (var rate in rates)
            to.Write(MemoryMarshal.AsBytes([rate.TickUs, rate.UnitsPerToken, rate.UnitsPerTick]));
        WriteTable(store.Buckets, to, time, rates.Length);
        WriteTable(store.Overflow, to, time, rates.Length);
        long records = to.Position;
        SnapshotRecords.Write(to, store.Places.Export());
        SnapshotRecords.Write(to, store.Memos.Export(lastRecord));
        to.Write(records);
        to.End();
    }

    /// <summary>Puts a snapshot back into an empty store, or says why it cannot and changes nothing.</summary>
    public static SnapshotRead Read(MemoryStore store, Stream from)
    {
        if (from.Length < HeaderSize + TrailerSize + ChecksumSize)
            return SnapshotRead.Failed($"its length of {from.Length} bytes is not that of a snapshot");
        Span<byte> header = stackalloc byte[HeaderSize];
        from.ReadExactly(header);
        if (!header.StartsWith(Magic))
            return SnapshotRead.Failed("it does not begin as a snapshot does");
        int version = BinaryPrimitives.ReadInt32LittleEndian(header[8..]);
        if (version != Version)
            return SnapshotRead.Failed($"its version is {version}; this program reads {Version}");
        if (!IsWhole(from))
            return SnapshotRead.Failed("its checksum does not match: it was torn or changed");
        long end = from.Length - TrailerSize - ChecksumSize;
        from.Position = end;
        Span<byte> recordsAt = stackalloc byte[TrailerSize];
        from.ReadExactly(recordsAt);
        try
        {
            return Restore(store, new SnapshotReader(from, end), header,
                BinaryPrimitives.ReadInt64LittleEndian(recordsAt));
        }
        catch (InvalidDataException)
        {
            return SnapshotRead.Failed("its contents are not those of a snapshot");
        }
    }

    private static void WriteTable(SlotTable table, SnapshotWriter to, in StoreTime time, int rates)
    {
        var slots = new Slot[table.Shards.Max(shard => shard.Capacity)];
        foreach (var shard in table.Shards)
        {
            int count = shard.CopyLive(slots, time), written = 0;
            for (int i = 0; i < count; i++)
            {
                // A rate that came after the table of rates was written belongs to a bucket that did too.
                if (slots[i].RateId < rates)
                    slots[written++] = slots[i];
            }

            to.Write(MemoryMarshal.AsBytes(slots.AsSpan(0, written)));
        }

        to.Write(stackalloc byte[Slot.Size]);
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

    /// <summary>Reads everything that can be wrong before it changes the store.</summary>
    private static SnapshotRead Restore(MemoryStore store, SnapshotReader from, ReadOnlySpan<byte> header,
        long recordsAt)
    {
        from.Position = HeaderSize;
        var rates = ReadRates(from, BinaryPrimitives.ReadInt32LittleEndian(header[12..]));
        long slots = from.Position;
        from.Position = recordsAt;
        var permits = SnapshotRecords.ReadPermits(from);
        var records = SnapshotRecords.ReadRecords(from);
        if (!from.IsAtEnd || slots > recordsAt || (recordsAt - slots) % Slot.Size != 0)
            throw new InvalidDataException();

        store.AdoptSeed(BinaryPrimitives.ReadInt64LittleEndian(header[16..]));
        long shiftUs = ShiftUs(store, BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]));
        from.Position = slots;
        var (buckets, noRoom) = RestoreSlots(store, from, recordsAt, rates, shiftUs);
        var (held, heldNoRoom) = store.Places.Import(permits, shiftUs, store.Time.NowUs);
        var (kept, keptNoRoom) = store.Memos.Import(records, shiftUs, store.Time.NowUs);
        return new SnapshotRead(buckets, held, kept, noRoom + heldNoRoom + keptNoRoom, null);
    }

    /// <summary>What turns the snapshot's stamps into this store's.</summary>
    private static long ShiftUs(MemoryStore store, long writtenNowUs, long writtenWallUs)
    {
        // The wall comes first, so that a pause between the two counts as time that did not pass, and mints nothing.
        long awayUs = Math.Max(0, store.Clock.WallUs - writtenWallUs);
        return store.Clock.NowUs - writtenNowUs - awayUs;
    }

    private static (int Restored, int NoRoom) RestoreSlots(MemoryStore store, SnapshotReader from, long end,
        RefillRate[] rates, long shiftUs)
    {
        int restored = 0, noRoom = 0;
        var table = store.Buckets;
        var slot = default(Slot);
        var bytes = MemoryMarshal.AsBytes(new Span<Slot>(ref slot));
        while (from.Position < end)
        {
            from.Read(bytes);
            if (slot.IsEmpty)
                table = store.Overflow;
            else if (slot.RateId >= rates.Length || !TryRestore(table, slot, rates[slot.RateId], shiftUs, store))
                noRoom++;
            else
                restored++;
        }

        return (restored, noRoom);
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

    private static RefillRate[] ReadRates(SnapshotReader from, int count)
    {
        if (count is < 0 or > RefillRate.MaxCount)
            throw new InvalidDataException();
        var rates = new RefillRate[count];
        for (int i = 0; i < count; i++)
        {
            (long tickUs, long unitsPerToken, long unitsPerTick) =
                (from.ReadInt64(), from.ReadInt64(), from.ReadInt64());
            if (tickUs < 1 || unitsPerToken < 1 || unitsPerTick < 1
                || !RefillRate.TryGet(tickUs, unitsPerToken, unitsPerTick, out rates[i]!))
                throw new InvalidDataException();
        }

        return rates;
    }
}
