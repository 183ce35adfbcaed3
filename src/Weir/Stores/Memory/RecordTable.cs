using System.Diagnostics.CodeAnalysis;

namespace Weir;

// The idempotency records and reservations in memory. Bounded in bytes; tenants share the bound.
internal sealed class RecordTable(long maxBytes, long tenantBytes = long.MaxValue)
{
    // Number of expired records to remove per new record, so that their number falls. Without room, removes them all.
    private const int ForgottenAtOnce = 4;

    /// <summary>Bytes of a record beside its text and lines: objects, table entries, the tenant's name.</summary>
    private const int BytesPerAnswer = 560;

    private const int BytesPerLine = 40;

    private readonly Dictionary<(string Tenant, UInt128 Id), Entry> _entries = [];
    private readonly PriorityQueue<(string Tenant, UInt128 Id), long> _ends = new();
    private readonly Shares _shares = new(maxBytes);
    private readonly Lock _gate = new();
    private long _lastNumber;

    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    public long Bytes
    {
        get
        {
            lock (_gate)
                return _shares.Held;
        }
    }

    private sealed record Entry(string Share, long Bytes, BucketOutcome Outcome, bool IsOpen, long OpenUntilUs, long KeptUntilUs, IdempotencyRecord Kept)
    {
        public UInt128 Fingerprint => Kept.Fingerprint;

        public long Number { get; set; }

        public BucketResult Answer() =>
            new(Outcome, (BucketLine[])Kept.Lines, Kept.Time, DecisionSource.Memory) { Share = Kept.Share, IsRemembered = true, Kept = Kept };
    }

    /// <summary>Returns the stored answer, or executes the command and stores its answer. Commands with a record
    /// execute one by one.</summary>
    public BucketResult Answer(in BucketCommand command, MemoryStore store)
    {
        var record = command.RecordKey!;
        var name = (command.Limits.Facts.Tenant, record.Id);
        lock (_gate)
        {
            long nowUs = store.Time.NowUs, bytes = BytesOf(record.Text, command.Limits.Count);
            if (TryFindLocked(name, nowUs, out var before) && !(record.Settles && before.IsOpen))
                return before.Fingerprint == record.Fingerprint ? before.Answer() : BucketResult.Failed(StoreFault.Conflict);
            if (record.Settles && (before is null || before.OpenUntilUs <= nowUs))
                return BucketResult.Failed(StoreFault.Gone);
            if (before is null && !HasRoomLocked(Shares.NameOf(command.Limits), bytes, nowUs))
                return BucketResult.Failed(StoreFault.AnswersFull);
            var answer = store.Answer(command with { RecordKey = null });
            if (IsToBeKept(command, answer))
                KeepLocked(name, EntryOf(command, answer, bytes, nowUs));
            return answer;
        }
    }

    public IdempotencyRecord? Recall(string tenant, UInt128 id, long nowUs)
    {
        lock (_gate)
            return TryFindLocked((tenant, id), nowUs, out var entry) ? entry.Kept : null;
    }

    // Forgets and returns a record; null if there is none, or if another request has the id.
    public IdempotencyRecord? Forget(string tenant, RecordKey record, long nowUs)
    {
        lock (_gate)
        {
            if (!TryFindLocked((tenant, record.Id), nowUs, out var entry) || entry.Fingerprint != record.Fingerprint)
                return null;
            ForgetLocked((tenant, record.Id));
            return entry.Kept;
        }
    }

    /// <summary>Returns the clocks and the last record's number, while no command with a record executes.</summary>
    public (StoreTime Time, long LastNumber) BeginExport(MemoryStore store)
    {
        lock (_gate)
            return (store.Time, _lastNumber);
    }

    // Copies all records for a snapshot, after its buckets. Omits open reservations that are newer than lastNumber: the
    // copied buckets may lack their cost, so that canceling them would refund unspent tokens.
    public IReadOnlyList<SavedRecord> Export(long lastNumber)
    {
        KeyValuePair<(string Tenant, UInt128 Id), Entry>[] all;
        lock (_gate)
            all = [.. _entries];
        return [.. from pair in all
                   let entry = pair.Value
                   where !entry.IsOpen || entry.Number <= lastNumber
                   select new SavedRecord(
                       pair.Key.Tenant, pair.Key.Id, entry.Share, entry.IsOpen, entry.OpenUntilUs, entry.KeptUntilUs,
                           entry.Outcome, entry.Kept)];
    }

    // Restores the records of a snapshot while the table has room. Returns how many were restored and dropped.
    public (int Restored, int NoRoom) Import(IEnumerable<SavedRecord> records, long shiftUs, long nowUs)
    {
        int restored = 0, noRoom = 0;
        lock (_gate)
        {
            foreach (var saved in records.Where(record => record.KeptUntilUs + shiftUs > nowUs))
            {
                var entry = EntryOf(saved, shiftUs);
                bool fits = _shares.Held + entry.Bytes <= maxBytes;
                (restored, noRoom) = fits ? (restored + 1, noRoom) : (restored, noRoom + 1);
                if (fits)
                    KeepLocked((saved.Tenant, saved.Id), entry);
            }
        }

        return (restored, noRoom);
    }

    private static Entry EntryOf(SavedRecord saved, long shiftUs) => new(
        saved.Share, BytesOf(saved.Kept.Text, saved.Kept.Lines.Count), saved.Outcome, saved.IsOpen, saved.OpenUntilUs + shiftUs,
        saved.KeptUntilUs + shiftUs, saved.Kept);

    /// <summary>False for faults, refusals, and charges without effect, such as refunds of unspent buckets.</summary>
    private static bool IsToBeKept(in BucketCommand command, in BucketResult answer) => answer.Fault == StoreFault.None && (command.What == BucketOperation.Charge
        ? command.RecordKey!.Settles || answer.HasChanged
        : answer.Outcome == BucketOutcome.Allowed);

    private static long BytesOf(byte[] text, int lines) => BytesPerAnswer + text.Length + (lines * BytesPerLine);

    private static Entry EntryOf(in BucketCommand command, in BucketResult answer, long bytes, long nowUs)
    {
        var record = command.RecordKey!;
        var lines = new BucketLine[command.Limits.Count];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = answer[i];
        bool open = !record.Settles && record.Open > TimeSpan.Zero;
        var kept = new IdempotencyRecord(record.Text, lines) { Fingerprint = record.Fingerprint, Time = answer.Time, Share = answer.Share };
        return new Entry(Shares.NameOf(command.Limits), bytes, answer.Outcome, open, nowUs + Microseconds(record.Open), nowUs + Microseconds(record.Keep), kept);
    }

    private bool TryFindLocked((string, UInt128) name, long nowUs, [NotNullWhen(true)] out Entry? entry)
    {
        if (_entries.TryGetValue(name, out entry) && entry.KeptUntilUs > nowUs)
            return true;
        entry = null;
        return false;
    }

    private bool HasRoomLocked(string share, long bytes, long nowUs)
    {
        int most = MayTakeLocked(share, bytes) ? ForgottenAtOnce : int.MaxValue;
        for (int left = most; left > 0 && _ends.TryPeek(out var name, out long endUs) && endUs <= nowUs; left--)
        {
            _ends.Dequeue();
            // A settlement may have extended the life of the record.
            if (_entries.TryGetValue(name, out var entry) && entry.KeptUntilUs <= nowUs)
                ForgetLocked(name);
        }

        return MayTakeLocked(share, bytes);
    }

    private bool MayTakeLocked(string share, long bytes) =>
        _shares.HeldBy(share) + bytes <= tenantBytes && _shares.MayTake(share, bytes);

    private void KeepLocked((string, UInt128) name, Entry entry)
    {
        ForgetLocked(name);
        entry.Number = ++_lastNumber;
        _entries.Add(name, entry);
        _ends.Enqueue(name, entry.KeptUntilUs);
        _shares.Take(entry.Share, entry.Bytes);
    }

    private void ForgetLocked((string, UInt128) name)
    {
        if (_entries.Remove(name, out var entry))
            _shares.Return(entry.Share, entry.Bytes);
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
