using System.Security.Cryptography;

namespace Weir;

// Decides in memory on this instance's outage share, from the primary's last known state. Collects the spending, which
// the primary is charged later; spending is lost if no known bucket can be replaced. Safe for concurrent use.
internal sealed class FallbackStore(MemoryStore memory, KnownBuckets known, Func<int> instances) : IBucketStore, IFallback
{
    private readonly ulong _name = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private Share _share = Share.Whole;
    private long _sent;
    private int _owing;
    private int _turn;
    private long _lost;

    public DecisionSource Source => memory.Source;

    /// <summary>The outage share of this instance. Constant while spending is unsettled.</summary>
    public Share Share => Owing == 0 ? _share = new Share(instances()) : _share;

    /// <summary>Called after spending or refunds that must be settled with the primary.</summary>
    public Action? Spent { get; set; }

    // Time by memory's clock when the first instance returned to the primary; MaxValue for none.
    public long ReturnedUs { get; set; } = long.MaxValue;

    public int Owing => Volatile.Read(ref _owing);

    public long Lost => Volatile.Read(ref _lost);

    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        result = Execute(command);
        return null;
    }

    public BucketResult Execute(in BucketCommand command)
    {
        var limits = command.Limits;
        Span<UInt128> hashes = stackalloc UInt128[limits.Count];
        ulong parts = known.HashesOf(limits, hashes);
        var share = Share;
        bool isDone = false;
        known.Enter(parts);
        try
        {
            Prepare(limits, hashes, spends: command.What != BucketOperation.Check);
            var result = memory.Execute(command with { Limits = limits with { Share = share } });
            isDone = command.What != BucketOperation.Check
                && result is { Fault: StoreFault.None, IsRemembered: false, Outcome: BucketOutcome.Allowed };
            if (isDone)
                Record(command, result, hashes);
            return result;
        }
        finally
        {
            known.Exit(parts);
            if (isDone)
                Spent?.Invoke();
        }
    }

    public void Undo(in BucketCommand command, in BucketResult result)
    {
        var undo = UndoCommand.Of(command.Limits, result) with { RecordKey = null };
        if (!undo.Limits.IsEmpty)
            Execute(undo);
        memory.Forget(command);
    }

    public void Yield(in BucketCommand command)
    {
        if (memory.Forget(command.Limits.Facts.Tenant, command.RecordKey!) is not { } forgotten)
            return;
        var undo = UndoCommand.Of(command.Limits, limit => LineOf(forgotten, limit)) with { RecordKey = null };
        if (!undo.Limits.IsEmpty)
            Execute(undo);
    }

    /// <summary>Returns the answer of a bucket. A record without lines, such as of a plan that allows all, counts as a
    /// refusal, so that nothing is refunded.</summary>
    private static BucketLine LineOf(IdempotencyRecord record, int limit) =>
        limit < record.Lines.Count ? record.Lines[limit] : new BucketLine(BucketOutcome.Refused, default);

    public bool HasAdmitted(in BucketCommand command) =>
        command.RecordKey is { } record
        && memory.Recall(command.Limits.Facts.Tenant, record.Id)?.Fingerprint == record.Fingerprint;

    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        memory.RecallAsync(tenant, id, cancellation);

    public IdempotencyRecord? Recall(string tenant, UInt128 id) => memory.Recall(tenant, id);

    // Collects the charges that must reach the primary before a request for these buckets. Returns false if a bucket
    // has more spending than its pending charge: the primary's state is then incomplete.
    public bool TryCollectOwed(in LimitSet limits, List<SettlementCharge> to)
    {
        bool isAll = true;
        foreach (var limit in limits)
        {
            var hash = known.HashOf(limits, limit);
            var part = known.PartOf(hash);
            lock (part.Gate)
            {
                if (part.Find(hash) is >= 0 and var place)
                {
                    Collect(part, place, to);
                    isAll &= part.Entries[place].Alone is not { Units: not 0 };
                }
            }
        }

        return isAll;
    }

    public void CollectOwed(List<SettlementCharge> to, int most)
    {
        // Starts with another part each time, so that failing charges do not delay the charges of other parts.
        for (int left = known.Parts.Length; left > 0 && to.Count < most; left--)
        {
            var part = known.Parts[(uint)Interlocked.Increment(ref _turn) % known.Parts.Length];
            lock (part.Gate)
            {
                for (int i = part.Owing.Count - 1; i >= 0 && to.Count < most; i--)
                    Collect(part, part.Owing[i], to);
            }
        }
    }

    public List<BucketCommand> CollectKnown()
    {
        var commands = new List<BucketCommand>();
        foreach (var part in known.Parts)
        {
            lock (part.Gate)
            {
                foreach (ref var bucket in part.Entries)
                {
                    if (bucket.Hash != 0 && RestorationOf(bucket) is { } command)
                        commands.Add(command);
                }
            }
        }

        return commands;
    }

    public void Close(in BucketCommand command, in BucketResult result)
    {
        var hash = known.HashOf(command.Limits, command.Limits.First);
        var part = known.PartOf(hash);
        lock (part.Gate)
        {
            if (part.Find(hash) is not (>= 0 and var place)
                || part.Entries[place].Alone is not { Pending: { } charge } alone || charge.Id != command.RecordKey!.Id)
                return;
            alone.Close();
            Count(part, place, wasOwing: true);
            if (result.Fault == StoreFault.None)
                LearnSettled(ref part.Entries[place], alone, charge, result);
            else
                Interlocked.Increment(ref _lost);
        }
    }

    private void LearnSettled(ref KnownBucket bucket, OutageSpending alone, SettlementCharge charge, in BucketResult result)
    {
        var time = memory.Time;
        var quota = bucket.Limit.Quota;
        var state = result.IsRemembered ? KnownAtLeast(charge, result, time) : OnOurClock(charge.Quota, result, time.NowUs);
        if (!charge.Quota.Rate.Equals(quota.Rate))
            state = quota.Adopt(state, charge.Quota.Rate, time);
        if (alone.Units != 0)
            alone.LearnSettled(bucket.Limits, state, time);
        else
            bucket.LearnSettled(quota, state with { Spent = KnownBucket.LevelOf(quota, state, time) }, known.NowUs);
    }

    // Returns a lower bound of the primary's state. A remembered result dates from the first execution of the charge.
    private static BucketState KnownAtLeast(SettlementCharge charge, in BucketResult result, in StoreTime time)
    {
        var (made, heard) = (charge.KnownAfter(time), OnOurClock(charge.Quota, result, charge.OwedUs));
        return KnownBucket.LevelOf(charge.Quota, heard, time) > KnownBucket.LevelOf(charge.Quota, made, time) ? heard : made;
    }

    /// <summary>Converts a state to memory's clock. Windows keep their end, because it is Unix time.</summary>
    private static BucketState OnOurClock(Quota quota, in BucketResult result, long heardUs) => quota is WindowQuota
        ? result.State
        : new BucketState(TokenBucket.SpentAt(quota.Rate, result.State, result.NowUs), heardUs);

    private BucketCommand? RestorationOf(in KnownBucket bucket)
    {
        var time = memory.Time;
        var (limits, state) = bucket.Alone is { } alone
            ? alone.Known(bucket.Limits)
            : (bucket.Limits, bucket.StateOn(time, known.TimeFor(bucket.Limit)) ?? default);
        long level = KnownBucket.LevelOf(limits.First.Quota, state, time);
        return level == 0 ? null : SettlementCharge.Restore(limits, level);
    }

    private void Prepare(in LimitSet limits, ReadOnlySpan<UInt128> hashes, bool spends)
    {
        var time = memory.WithWall(memory.TimeFor(limits.Plan));
        int index = -1;
        foreach (var limit in limits)
        {
            var hash = hashes[++index];
            if (limit.Quota is ConcurrencyQuota)
                continue;
            var part = known.PartOf(hash);
            int place = part.Find(hash);
            if (place < 0 && spends)
                place = part.Add(hash, limits.Only(index), known.TimeFor(limit));
            if (place >= 0)
                Prepare(ref part.Entries[place], limits.Only(index), time);
        }
    }

    // Sets memory's bucket to the primary's last known state, before the first spending. Adopts a changed limit.
    private void Prepare(ref KnownBucket bucket, in LimitSet limits, in StoreTime time)
    {
        var before = bucket.Limit.Quota.Rate;
        bucket.Follow(limits);
        bucket.UsedUs = known.NowUs;
        bucket.Alone?.Adopt(bucket.Limit.Quota, before, time);
        bucket.Alone ??= new OutageSpending(memory, bucket.Limits, bucket.StateOn(time, known.TimeFor(bucket.Limit)));
    }

    private void Record(in BucketCommand command, in BucketResult result, ReadOnlySpan<UInt128> hashes)
    {
        int index = -1;
        foreach (var limit in command.Limits)
        {
            var line = result[++index];
            var part = known.PartOf(hashes[index]);
            // Skips permits, and limits that spent nothing: a refusal in shadow mode, or a refund of an ended window.
            bool isOver = limit.Quota is WindowQuota && command.OnlyEnds?[index] is not (null or 0) && command.OnlyEnds[index] != line.State.At;
            if (limit.Quota is ConcurrencyQuota || line.Outcome != BucketOutcome.Allowed || isOver)
                continue;
            // The spending is lost: no slot was free, or a later bucket of the request took this bucket's slot.
            if (part.Find(hashes[index]) is not (>= 0 and var place) || part.Entries[place].Alone is not { } alone)
            {
                Interlocked.Increment(ref _lost);
                continue;
            }

            bool wasOwing = alone.Owes;
            if (command.What == BucketOperation.Reset)
                alone.Reset(line.State);
            else
                alone.Spend(limit.Quota, limit.CostOf(command.Limits.Facts), result.Share, memory.Time);
            Count(part, place, wasOwing);
        }
    }

    private void Collect(KnownBucketPart part, int place, List<SettlementCharge> to)
    {
        ref var bucket = ref part.Entries[place];
        if (bucket.Alone is not { } alone)
            return;
        bool wasOwing = alone.Owes;
        var time = memory.Time;
        if (alone.Pending is { } late && !late.MayBeSentAt(time.NowUs))
        {
            alone.Close();
            Interlocked.Increment(ref _lost);
        }

        if (alone.Pending is null && alone.Units != 0)
            alone.Owe(bucket.Limits, new UInt128(_name, (ulong)Interlocked.Increment(ref _sent)), Share, ReturnedUs, time);
        if (alone.Pending is { } charge)
            to.Add(charge);
        Count(part, place, wasOwing);
    }

    private void Count(KnownBucketPart part, int place, bool wasOwing)
    {
        if (part.Entries[place].Owes == wasOwing)
            return;
        Interlocked.Add(ref _owing, wasOwing ? -1 : 1);
        if (wasOwing)
            part.Owing.Remove(place);
        else
            part.Owing.Add(place);
    }
}
