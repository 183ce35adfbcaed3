using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// Answers that are kept in this process for callers that ask again, and reservations that are to be settled. Bounded
/// in bytes, and shared out to the tenants.
/// </summary>
/// <param name="maxBytes">The bytes that listed tenants may have kept; all others may have as many again.</param>
/// <param name="tenantBytes">The bytes that one tenant may have kept at most.</param>
internal sealed class RecordTable(long maxBytes, long tenantBytes = long.MaxValue)
{
    /// <summary>
    /// Expired records removed for each new one: more go than come. Only a command without room waits for all of them.
    /// </summary>
    private const int ForgottenAtOnce = 4;

    /// <summary>
    /// What an answer takes beside its text and its lines: its objects, its place in the table and in the order of
    /// ends, its tenant's name.
    /// </summary>
    private const int BytesPerAnswer = 560;

    private const int BytesPerLine = 40;

    private readonly Dictionary<(string Tenant, UInt128 Id), Entry> _entries = [];
    private readonly PriorityQueue<(string Tenant, UInt128 Id), long> _ends = new();
    private readonly Shares _shares = new(maxBytes);
    private readonly Lock _gate = new();
    private long _lastNumber;

    /// <summary>Answers that are kept, those included that are over and not yet forgotten.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _entries.Count;
        }
    }

    /// <summary>Bytes of all answers that are kept.</summary>
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

        /// <summary>How many were kept before this one, and it.</summary>
        public long Number { get; set; }

        public BucketResult Answer() =>
            new(Outcome, (BucketLine[])Kept.Lines, Kept.Time, DecisionSource.Memory) { Share = Kept.Share, IsRemembered = true, Kept = Kept };
    }

    /// <summary>
    /// Returns the stored answer, or executes the command and stores its answer. Commands with a record are executed
    /// one by one.
    /// </summary>
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

    /// <summary>Returns the record; null if there is none.</summary>
    public IdempotencyRecord? Recall(string tenant, UInt128 id, long nowUs)
    {
        lock (_gate)
            return TryFindLocked((tenant, id), nowUs, out var entry) ? entry.Kept : null;
    }

    /// <summary>Forgets an answer, unless it is settled or of another request. Returns it; null if none.</summary>
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

    /// <summary>
    /// The store's clocks, and the number of the last record, at a moment at which no answer is under way.
    /// </summary>
    public (StoreTime Time, long LastNumber) BeginExport(MemoryStore store)
    {
        lock (_gate)
            return (store.Time, _lastNumber);
    }

    /// <summary>Copies all records for a snapshot whose buckets were copied since <see cref="BeginExport"/>.</summary>
    /// <param name="lastNumber">The number of the last record at that moment.</param>
    /// <remarks>
    /// An open reservation that came later is left out: its cost may be missing in the buckets, and canceling it would
    /// give back tokens that were not spent. All other records only prevent a second execution.
    /// </remarks>
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

    /// <summary>
    /// Puts the records of a snapshot back; the table's bound is the only one, since each was kept before.
    /// </summary>
    /// <param name="records">The records.</param>
    /// <param name="shiftUs">What turns their times into this store's.</param>
    /// <param name="nowUs">The store's clock; records that ended before are over.</param>
    /// <returns>How many are back, and how many found no room.</returns>
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

    /// <summary>Commands that changed nothing are not stored: refusals, and refunds of nothing.</summary>
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
            // It may have been settled since, and is kept for longer then.
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
