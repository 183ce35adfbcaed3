namespace Weir;

internal sealed record SavedPermits(UInt128 Limit, string Share, PermitTable.Holder[] Holders);

/// <summary>A reservation or idempotency record in a snapshot. Times are by the store's clock.</summary>
internal sealed record SavedRecord(
    string Tenant, UInt128 Id, string Share, bool IsOpen, long OpenUntilUs, long KeptUntilUs, BucketOutcome Outcome,
        IdempotencyRecord Kept);

internal static class SnapshotRecords
{
    private const int HolderBytes = 24;
    private const int LineBytes = 17;

    /// <summary>Minimum bytes of a limit or a record, used to bound their number.</summary>
    private const int LeastBytes = 16;

    public static void Write(SnapshotWriter to, IReadOnlyList<SavedPermits> permits)
    {
        to.Write(permits.Count);
        foreach (var limit in permits)
        {
            to.Write(limit.Limit);
            to.WriteText(limit.Share);
            to.Write(limit.Holders.Length);
            foreach (var (id, untilUs) in limit.Holders)
            {
                to.Write(id);
                to.Write(untilUs);
            }
        }
    }

    public static void Write(SnapshotWriter to, IReadOnlyList<SavedRecord> records)
    {
        to.Write(records.Count);
        foreach (var record in records)
        {
            to.WriteText(record.Tenant);
            to.Write(record.Id);
            to.WriteText(record.Share);
            to.Write(record.IsOpen ? (byte)1 : (byte)0);
            to.Write(record.OpenUntilUs);
            to.Write(record.KeptUntilUs);
            to.Write((byte)record.Outcome);
            Write(to, record.Kept);
        }
    }

    public static SavedPermits[] ReadPermits(SnapshotReader from)
    {
        var permits = new SavedPermits[from.ReadCount(LeastBytes)];
        for (int i = 0; i < permits.Length; i++)
        {
            var limit = from.ReadUInt128();
            string share = from.ReadText();
            var holders = new PermitTable.Holder[from.ReadCount(HolderBytes)];
            for (int j = 0; j < holders.Length; j++)
                holders[j] = new(from.ReadUInt128(), from.ReadInt64());
            permits[i] = new SavedPermits(limit, share, holders);
        }

        return permits;
    }

    public static SavedRecord[] ReadRecords(SnapshotReader from)
    {
        var records = new SavedRecord[from.ReadCount(LeastBytes)];
        for (int i = 0; i < records.Length; i++)
        {
            records[i] = new SavedRecord(
                from.ReadText(), from.ReadUInt128(), from.ReadText(), from.ReadByte() == 1, from.ReadInt64(),
                    from.ReadInt64(), ReadOutcome(from), ReadRecord(from));
        }

        return records;
    }

    private static void Write(SnapshotWriter to, IdempotencyRecord kept)
    {
        to.Write(kept.Fingerprint);
        to.Write(kept.Time.NowUs);
        to.Write(kept.Time.WallUs);
        to.Write(kept.Lines.Count);
        foreach (var line in kept.Lines)
        {
            to.Write((byte)line.Outcome);
            to.Write(line.State.Spent);
            to.Write(line.State.At);
        }

        to.WriteBlock(kept.Text);
    }

    private static IdempotencyRecord ReadRecord(SnapshotReader from)
    {
        var fingerprint = from.ReadUInt128();
        var time = new StoreTime(from.ReadInt64(), from.ReadInt64());
        var lines = new BucketLine[from.ReadCount(LineBytes)];
        if (lines.Length > Plan.MaxLimits)
            throw new InvalidDataException();
        for (int i = 0; i < lines.Length; i++)
            lines[i] = new BucketLine(ReadOutcome(from), new BucketState(from.ReadInt64(), from.ReadInt64()));
        return new IdempotencyRecord(from.ReadBlock(), lines) { Fingerprint = fingerprint, Time = time };
    }

    private static BucketOutcome ReadOutcome(SnapshotReader from) =>
        from.ReadByte() is var outcome and <= (byte)BucketOutcome.NeverFits ? (BucketOutcome)outcome
            : throw new InvalidDataException();
}
