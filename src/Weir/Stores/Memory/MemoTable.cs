using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Answers that are kept in this process for those who ask again, and reservations that are to be settled. Bounded.</summary>
internal sealed class MemoTable(int maxMemos)
{
    private readonly Dictionary<(string Tenant, UInt128 Id), Entry> _entries = [];
    private readonly Lock _gate = new();

    private sealed record Entry(UInt128 Fingerprint, BucketAnswer Answer, bool IsOpen, long OpenUntilUs, long KeptUntilUs, KeptAnswer Kept);

    /// <summary>Answers as before, or has the store answer and keeps that. Asks with a memo are made one after the other.</summary>
    public BucketAnswer Answer(in StoreAsk ask, MemoryStore store)
    {
        var memo = ask.Memo!;
        var name = (ask.Limits.Facts.Tenant, memo.Id);
        lock (_gate)
        {
            long nowUs = store.Time.NowUs;
            if (TryFindLocked(name, nowUs, out var before) && !(memo.Settles && before.IsOpen))
                return before.Fingerprint == memo.Fingerprint ? before.Answer with { IsRemembered = true } : BucketAnswer.Failed(StoreFault.Conflict);
            if (memo.Settles && (before is null || before.OpenUntilUs <= nowUs))
                return BucketAnswer.Failed(StoreFault.Gone);
            if (before is null && !HasRoomLocked(nowUs))
                return BucketAnswer.Failed(StoreFault.Full);
            var answer = store.Answer(ask with { Memo = null });
            if (answer.Fault == StoreFault.None && (answer.Outcome == BucketOutcome.Allowed || ask.What == StoreVerb.Charge))
                _entries[name] = EntryOf(ask, memo, answer, nowUs);
            return answer;
        }
    }

    /// <summary>What was kept; null when there is nothing (any more).</summary>
    public KeptAnswer? Recall(string tenant, UInt128 id, long nowUs)
    {
        lock (_gate)
            return TryFindLocked((tenant, id), nowUs, out var entry) ? entry.Kept : null;
    }

    private static Entry EntryOf(in StoreAsk ask, Memo memo, in BucketAnswer answer, long nowUs)
    {
        var lines = new BucketLine[ask.Limits.Count];
        for (int i = 0; i < lines.Length; i++)
            lines[i] = answer[i];
        bool open = !memo.Settles && memo.Open > TimeSpan.Zero;
        return new Entry(
            memo.Fingerprint, answer, open, nowUs + Microseconds(memo.Open), nowUs + Microseconds(memo.Keep), new KeptAnswer(memo.Text, lines));
    }

    private bool TryFindLocked((string, UInt128) name, long nowUs, [NotNullWhen(true)] out Entry? entry)
    {
        if (_entries.TryGetValue(name, out entry) && entry.KeptUntilUs > nowUs)
            return true;
        entry = null;
        return false;
    }

    private bool HasRoomLocked(long nowUs)
    {
        if (_entries.Count < maxMemos)
            return true;
        foreach (var (name, entry) in _entries)
        {
            if (entry.KeptUntilUs <= nowUs)
                _entries.Remove(name);
        }

        return _entries.Count < maxMemos;
    }

    private static long Microseconds(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;
}
