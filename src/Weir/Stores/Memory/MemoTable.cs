using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Answers that are kept in this process for those who ask again, and reservations that are to be settled. Bounded, and shared out to the tenants.</summary>
internal sealed class MemoTable(int maxMemos)
{
    /// <summary>What is over is forgotten by so many for each that is kept: more go than come. Only who finds no room waits for all that is over.</summary>
    private const int ForgottenAtOnce = 4;

    private readonly Dictionary<(string Tenant, UInt128 Id), Entry> _entries = [];
    private readonly PriorityQueue<(string Tenant, UInt128 Id), long> _ends = new();
    private readonly Shares _shares = new(maxMemos);
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

    private sealed record Entry(string Share, UInt128 Fingerprint, BucketAnswer Answer, bool IsOpen, long OpenUntilUs,
        long KeptUntilUs, KeptAnswer Kept)
    {
        /// <summary>How many were kept before this one, and it.</summary>
        public long Number { get; set; }
    }

    /// <summary>Answers as before, or has the store answer and keeps that. Asks with a memo are made one after the other.</summary>
    public BucketAnswer Answer(in StoreAsk ask, MemoryStore store)
    {
        var memo = ask.Memo!;
        var name = (ask.Limits.Facts.Tenant, memo.Id);
        lock (_gate)
        {
            long nowUs = store.Time.NowUs;
            if (TryFindLocked(name, nowUs, out var before) && !(memo.Settles && before.IsOpen))
                return before.Fingerprint == memo.Fingerprint ? before.Answer with { IsRemembered = true, Kept = before.Kept } : BucketAnswer.Failed(StoreFault.Conflict);
            if (memo.Settles && (before is null || before.OpenUntilUs <= nowUs))
                return BucketAnswer.Failed(StoreFault.Gone);
            if (before is null && !HasRoomLocked(Shares.NameOf(ask.Limits), nowUs))
                return BucketAnswer.Failed(StoreFault.Full);
            var answer = store.Answer(ask with { Memo = null });
            if (answer.Fault == StoreFault.None && (answer.Outcome == BucketOutcome.Allowed || ask.What == StoreVerb.Charge))
                KeepLocked(name, EntryOf(ask, memo, answer, nowUs));
            return answer;
        }
    }

    /// <summary>What was kept; null when there is nothing (any more).</summary>
    public KeptAnswer? Recall(string tenant, UInt128 id, long nowUs)
    {
        lock (_gate)
            return TryFindLocked((tenant, id), nowUs, out var entry) ? entry.Kept : null;
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
    /// give back tokens that nobody spent. All others only keep something from being done twice.
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
                           entry.Answer.Outcome, entry.Kept)];
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
                bool fits = _entries.Count < maxMemos;
                (restored, noRoom) = fits ? (restored + 1, noRoom) : (restored, noRoom + 1);
                if (fits)
                    KeepLocked((saved.Tenant, saved.Id), EntryOf(saved, shiftUs));
            }
        }

        return (restored, noRoom);
    }

    private static Entry EntryOf(SavedRecord saved, long shiftUs)
    {
        var answer =
            new BucketAnswer(saved.Outcome, saved.Kept.Lines.ToArray(), saved.Kept.Time, DecisionSource.Memory);
        return new Entry(
            saved.Share, saved.Kept.Fingerprint, answer, saved.IsOpen, saved.OpenUntilUs + shiftUs, saved.KeptUntilUs
                + shiftUs, saved.Kept);
    }

    private static Entry EntryOf(in StoreAsk ask, Memo memo, in BucketAnswer answer, long nowUs)
    {
        var lines = new BucketLine[ask.Limits.Count];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = answer[i];
        bool open = !memo.Settles && memo.Open > TimeSpan.Zero;
        return new Entry(
            Shares.NameOf(ask.Limits), memo.Fingerprint, answer, open, nowUs + Microseconds(memo.Open), nowUs + Microseconds(memo.Keep), new KeptAnswer(memo.Text, lines) { Fingerprint = memo.Fingerprint, Time = answer.Time });
    }

    private bool TryFindLocked((string, UInt128) name, long nowUs, [NotNullWhen(true)] out Entry? entry)
    {
        if (_entries.TryGetValue(name, out entry) && entry.KeptUntilUs > nowUs)
            return true;
        entry = null;
        return false;
    }

    private bool HasRoomLocked(string share, long nowUs)
    {
        for (int left = _shares.MayTake(share) ? ForgottenAtOnce : int.MaxValue; left > 0 && _ends.TryPeek(out var name, out long endUs) && endUs <= nowUs; left--)
        {
            _ends.Dequeue();
            // It may have been settled since, and is kept for longer then.
            if (_entries.TryGetValue(name, out var entry) && entry.KeptUntilUs <= nowUs)
                ForgetLocked(name);
        }

        return _shares.MayTake(share);
    }

    private void KeepLocked((string, UInt128) name, Entry entry)
    {
        ForgetLocked(name);
        entry.Number = ++_lastNumber;
        _entries.Add(name, entry);
        _ends.Enqueue(name, entry.KeptUntilUs);
        _shares.Take(entry.Share);
    }

    private void ForgetLocked((string, UInt128) name)
    {
        if (_entries.Remove(name, out var entry))
            _shares.Return(entry.Share, 1);
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
