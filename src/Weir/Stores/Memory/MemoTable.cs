using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// Answers that are kept in this process for callers that ask again, and reservations that are to be settled. Bounded
/// in bytes, and shared out to the tenants.
/// </summary>
/// <param name="maxBytes">The bytes that listed tenants may have kept; all others may have as many again.</param>
internal sealed class MemoTable(long maxBytes)
{
    /// <summary>What is over is forgotten by so many for each that is kept: more go than come. Only who finds no room waits for all that is over.</summary>
    private const int ForgottenAtOnce = 4;

    /// <summary>
    /// What an answer takes beside its text and its lines: its objects, its place in the table and in the order of
    /// ends, its tenant's name.
    /// </summary>
    private const int BytesPerAnswer = 550;

    private const int BytesPerLine = 32;

    private readonly Dictionary<(string Tenant, UInt128 Id), Entry> _entries = [];
    private readonly PriorityQueue<(string Tenant, UInt128 Id), long> _ends = new();
    private readonly Shares _shares = new(maxBytes);
    private readonly Lock _gate = new();

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

    private sealed record Entry(string Share, long Bytes, BucketOutcome Outcome, bool IsOpen, long OpenUntilUs, long KeptUntilUs, KeptAnswer Kept)
    {
        public UInt128 Fingerprint => Kept.Fingerprint;

        public BucketAnswer Answer() =>
            new(Outcome, (BucketLine[])Kept.Lines, Kept.Time, DecisionSource.Memory) { Share = Kept.Share, IsRemembered = true, Kept = Kept };
    }

    /// <summary>Answers as before, or has the store answer and keeps that. Asks with a memo are made one after the other.</summary>
    public BucketAnswer Answer(in StoreAsk ask, MemoryStore store)
    {
        var memo = ask.Memo!;
        var name = (ask.Limits.Facts.Tenant, memo.Id);
        lock (_gate)
        {
            long nowUs = store.Time.NowUs, bytes = BytesOf(memo, ask.Limits);
            if (TryFindLocked(name, nowUs, out var before) && !(memo.Settles && before.IsOpen))
                return before.Fingerprint == memo.Fingerprint ? before.Answer() : BucketAnswer.Failed(StoreFault.Conflict);
            if (memo.Settles && (before is null || before.OpenUntilUs <= nowUs))
                return BucketAnswer.Failed(StoreFault.Gone);
            if (before is null && !HasRoomLocked(Shares.NameOf(ask.Limits), bytes, nowUs))
                return BucketAnswer.Failed(StoreFault.Full);
            var answer = store.Answer(ask with { Memo = null });
            if (IsToBeKept(ask, answer))
                KeepLocked(name, EntryOf(ask, answer, bytes, nowUs));
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
    /// What changed nothing need not be known again: a refusal, and a refund of what had not been spent.
    /// </summary>
    private static bool IsToBeKept(in StoreAsk ask, in BucketAnswer answer) => answer.Fault == StoreFault.None && (ask.What == StoreVerb.Charge
        ? ask.Memo!.Settles || answer.HasChanged
        : answer.Outcome == BucketOutcome.Allowed);

    private static long BytesOf(Memo memo, in LimitSet limits) =>
        BytesPerAnswer + memo.Text.Length + (limits.Count * BytesPerLine);

    private static Entry EntryOf(in StoreAsk ask, in BucketAnswer answer, long bytes, long nowUs)
    {
        var memo = ask.Memo!;
        var lines = new BucketLine[ask.Limits.Count];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = answer[i];
        bool open = !memo.Settles && memo.Open > TimeSpan.Zero;
        var kept = new KeptAnswer(memo.Text, lines) { Fingerprint = memo.Fingerprint, Time = answer.Time, Share = answer.Share };
        return new Entry(Shares.NameOf(ask.Limits), bytes, answer.Outcome, open, nowUs + Microseconds(memo.Open), nowUs + Microseconds(memo.Keep), kept);
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
        for (int left = _shares.MayTake(share, bytes) ? ForgottenAtOnce : int.MaxValue; left > 0 && _ends.TryPeek(out var name, out long endUs) && endUs <= nowUs; left--)
        {
            _ends.Dequeue();
            // It may have been settled since, and is kept for longer then.
            if (_entries.TryGetValue(name, out var entry) && entry.KeptUntilUs <= nowUs)
                ForgetLocked(name);
        }

        return _shares.MayTake(share, bytes);
    }

    private void KeepLocked((string, UInt128) name, Entry entry)
    {
        ForgetLocked(name);
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
