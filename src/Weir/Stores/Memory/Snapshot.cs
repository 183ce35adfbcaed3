using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Weir;

// Format of a snapshot, little-endian, known only here and to SnapshotRecords: buckets in use, permits, reservations
// and idempotency records. Reading moves stamps by the time between writing and reading; a step back counts as no time.
//   8  "WEIRSNAP"
//   4  version (4)
//   4  number of rates
//   8  hash seed of the buckets
//   8  the store's clock in us at the start of writing
//   8  Unix time in us at the same moment
//   24 a rate: us per tick, units per token, units per tick
//   24 a bucket: head (see SlotSet), spent and stamp; spent and stamp each contain half of the rate's index. An empty
//      bucket ends each of three sections: listed tenants, unlisted tenants and shared buckets. The head of a shared
//      bucket is a hash of tenant and limit, with 1 in its lowest bit if the tenant is listed
//   4  number of limits with permits; for each: 16 hash, share, 4 holders; for each holder: 16 id, 8 permit timeout
//   4  number of records; for each: tenant, 16 id, share, 1 open, 8 open until, 8 kept until, 1 outcome,
//      16 fingerprint, 8 and 8 both clocks at the answer, 4 lines (for each: 1 outcome, 8 spent, 8 stamp), text
//   8  position of the limits with permits
//   16 XXH3-128 of all bytes before; a text (tenant, share, text) follows its length (4)
internal static class Snapshot
{
    private const int Version = 4;
    private const int HeaderSize = 40;
    private const int RateSize = 24;
    private const int TrailerSize = sizeof(long);
    private const int ChecksumSize = 16;

    public static ReadOnlySpan<byte> Magic => "WEIRSNAP"u8;

    // Writes a store. Takes go on meanwhile, and wait only while a set or a list is copied. Buckets come first, so that
    // a newer record never refunds more than the buckets contain (RecordTable.Export).
    public static void Write(MemoryStore store, Stream stream)
    {
        var to = new SnapshotWriter(stream);
        var rates = RefillRate.All();
        var (time, lastRecord) = store.Records.BeginExport(store);
        to.Write(Magic);
        to.Write(Version);
        to.Write(rates.Length);
        to.Write(store.Seed);
        to.Write(time.NowUs);
        to.Write(time.WallUs);
        foreach (var rate in rates)
            to.Write(MemoryMarshal.AsBytes([rate.TickUs, rate.UnitsPerToken, rate.UnitsPerTick]));
        WritePart(store.Buckets.PartOf(isListed: true), to, time, rates.Length);
        WritePart(store.Buckets.PartOf(isListed: false), to, time, rates.Length);
        WriteSlots(store.Overflow.Export(time), to, rates.Length);
        to.Write(stackalloc byte[SavedSlot.Size]);
        long records = to.Position;
        SnapshotRecords.Write(to, store.Permits.Export());
        SnapshotRecords.Write(to, store.Records.Export(lastRecord));
        to.Write(records);
        to.End();
    }

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

    private static unsafe void WritePart(SlotPart part, SnapshotWriter to, in StoreTime time, int rates)
    {
        Span<SavedSlot> live = stackalloc SavedSlot[SlotSet.Count];
        for (int number = 0; number < part.Sets; number++)
        {
            var set = part[number];
            int count = 0;
            set.Lock();
            for (int i = 0; i < SlotSet.Count; i++)
            {
                if (set.HeadAt(i) is not 0 and var head && !set.SlotAt(i)->IsAsNew(time))
                    live[count++] = new SavedSlot(head, *set.SlotAt(i));
            }

            set.Unlock();
            WriteSlots(live[..count], to, rates);
        }

        to.Write(stackalloc byte[SavedSlot.Size]);
    }

    private static void WriteSlots(ReadOnlySpan<SavedSlot> slots, SnapshotWriter to, int rates)
    {
        foreach (ref readonly var slot in slots)
        {
            // Skips a bucket with a rate that the table of rates lacks: the bucket is newer than the snapshot.
            if (slot.Slot.RateId < rates)
                to.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<SavedSlot>(in slot)));
        }
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

    /// <summary>Restores a snapshot. Validates the records and the layout before it changes the store.</summary>
    private static SnapshotRead Restore(MemoryStore store, SnapshotReader from, ReadOnlySpan<byte> header,
        long recordsAt)
    {
        from.Position = HeaderSize;
        var rates = ReadRates(from, BinaryPrimitives.ReadInt32LittleEndian(header[12..]));
        long slots = from.Position;
        from.Position = recordsAt;
        var permits = SnapshotRecords.ReadPermits(from);
        var records = SnapshotRecords.ReadRecords(from);
        if (!from.IsAtEnd || slots > recordsAt || (recordsAt - slots) % SavedSlot.Size != 0)
            throw new InvalidDataException();

        store.AdoptSeed(BinaryPrimitives.ReadInt64LittleEndian(header[16..]));
        long shiftUs = ShiftUs(store, BinaryPrimitives.ReadInt64LittleEndian(header[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(header[32..]));
        from.Position = slots;
        var (buckets, noRoom) = RestoreSlots(store, from, recordsAt, rates, shiftUs);
        var (held, heldNoRoom) = store.Permits.Import(permits, shiftUs, store.Time.NowUs);
        var (kept, keptNoRoom) = store.Records.Import(records, shiftUs, store.Time.NowUs);
        return new SnapshotRead(buckets, held, kept, noRoom + heldNoRoom + keptNoRoom, null);
    }

    private static long ShiftUs(MemoryStore store, long writtenNowUs, long writtenWallUs)
    {
        // Reads the wall clock first: a pause between the two reads then counts as no time, and mints nothing.
        long awayUs = Math.Max(0, store.Clock.WallUs - writtenWallUs);
        return store.Clock.NowUs - writtenNowUs - awayUs;
    }

    private static (int Restored, int NoRoom) RestoreSlots(MemoryStore store, SnapshotReader from, long end,
        RefillRate[] rates, long shiftUs)
    {
        int section = 0, restored = 0, noRoom = 0;
        var locks = new SlotLocks();
        var saved = default(SavedSlot);
        var bytes = MemoryMarshal.AsBytes(new Span<SavedSlot>(ref saved));
        while (from.Position < end)
        {
            from.Read(bytes);
            if (saved.Head == 0)
                section++;
            else if (saved.Slot.RateId >= rates.Length || !TryRestore(store, section, saved, rates[saved.Slot.RateId], shiftUs, locks))
                noRoom++;
            else
                restored++;
        }

        return (restored, noRoom);
    }

    // Restores a bucket of section 0 (listed tenants), 1 (unlisted tenants) or 2 (shared). Returns false without room.
    private static bool TryRestore(MemoryStore store, int section, in SavedSlot saved, RefillRate rate, long shiftUs, SlotLocks locks)
    {
        var time = store.Time;
        var state = saved.Slot.State;
        state = rate.IsWindow ? OpenWindow(state, time) : Drained(rate, state with { At = state.At + shiftUs }, time);
        if (state.Spent == 0)
            return true;
        if (section < 2)
            return store.Buckets.TryRestore(saved.Head, isListed: section == 0, state, rate.Id, store.Clock, locks);
        store.Overflow.Import(saved.Head, state, rate.Id);
        return true;
    }

    /// <summary>Returns the state of a window, whose end is Unix time; a new state if it has ended.</summary>
    private static BucketState OpenWindow(BucketState state, in StoreTime time) => state.At > time.WallUs ? state : default;

    /// <summary>Drains a bucket up to now, because an older stamp may lie before the start of this clock.</summary>
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
