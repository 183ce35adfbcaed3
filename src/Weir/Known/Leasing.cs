namespace Weir;

// Decides by leased tokens and repeated refusals without asking the primary, and admits no more than the primary would.
// If any limit is undecided, the primary decides all limits (law L2). Safe for concurrent use.
internal sealed class Leasing(KnownBuckets known, Func<TimeSpan>? lag = null, Func<bool>? mayLease = null)
{
    /// <summary>Size of the table of refund times. Tenants share its entries by hash. A power of two.</summary>
    private const int Times = 4_096;

    private const long RetryUs = 250_000;

    private readonly long[] _forgottenUs = [.. Enumerable.Repeat(-1L, Times)];

    public KnownBuckets Known => known;

    public long Decided => known.Parts.Sum(part => Volatile.Read(ref part.Decided));

    public bool HasEnds => Array.Exists(known.Parts, part => Under(part, static part => part.Ends.Count) > 0);

    public int Out => known.Parts.Sum(part => Under(part, CountLeased));

    /// <summary>True for a take or check without record, permits and held-back tokens, if leases are allowed.</summary>
    public bool MayDecide(in BucketCommand command) =>
        known.HorizonUs > 0 && mayLease?.Invoke() != false
        && command.RecordKey is null && command.HeldBack.Absent == 0 && command.What <= BucketOperation.Take && !command.Limits.Plan.HasPermits;

    public bool TryDecide(in BucketCommand command, out BucketResult result, out LeaseTrip? trip)
    {
        long nowUs = known.NowUs;
        int count = command.Limits.Count;
        Span<UInt128> hashes = stackalloc UInt128[count];
        Span<int> slots = stackalloc int[count];
        Span<Standing> standings = stackalloc Standing[count];
        ulong parts = known.HashesOf(command.Limits, hashes);
        known.Enter(parts);
        try
        {
            bool isKnown = TryStand(command, nowUs, hashes, slots, standings, out bool isRefused);
            result = isKnown ? Decide(command, nowUs, hashes, slots, standings, isRefused) : default;
            trip = isKnown ? null : TripFor(command, nowUs, hashes, slots);
            return isKnown;
        }
        finally
        {
            known.Exit(parts);
        }
    }

    public void Restore(LeaseTrip trip, in LimitSet limits)
    {
        bool hasEnds = false;
        for (int index = 0; index < limits.Count; index++)
        {
            // The bucket is 0 if the command only returned a lease. Then the tokens are not held again.
            var part = known.PartOf(trip.BucketOf(index));
            lock (part.Gate)
                hasEnds |= Restore(part, trip.BucketOf(index), trip[index], limits.Only(index));
        }

        if (hasEnds)
            known.Leased?.Invoke();
    }

    // Puts the tokens of a decision back into their leases. The result has a bit per limit whose lease took them back.
    public uint TakeBack(in BucketCommand command, in BucketResult result)
    {
        uint done = 0;
        long nowUs = known.NowUs;
        int index = 0;
        foreach (var limit in command.Limits)
        {
            var hash = known.HashOf(command.Limits, limit);
            var part = known.PartOf(hash);
            lock (part.Gate)
            {
                int slot = part.Find(hash);
                long cost = limit.CostOf(command.Limits.Facts), endsUs = result[index].LeaseEndsUs;
                bool isBack = slot >= 0 && part.Entries[slot].Lease.TryTakeBack(cost, endsUs, nowUs);
                done |= isBack ? command.Limits.Only(index).Applying : 0;
            }

            index++;
        }

        return done;
    }

    // Discards earlier refusals of a tenant after a refund or reset. Tenants with the same entry lose theirs, too.
    public void Forget(string tenant) => Volatile.Write(ref ForgottenUsOf(tenant), known.NowUs);

    /// <summary>Removes and returns the tokens of ended leases, or of all leases, to give them back.</summary>
    public List<(LimitSet Limits, LeaseWish Wish)> TakeEnded(bool all = false)
    {
        long nowUs = all ? long.MaxValue : known.NowUs;
        var ended = new List<(LimitSet, LeaseWish)>();
        foreach (var part in known.Parts)
        {
            lock (part.Gate)
            {
                while (part.Ends.TryPeek(out var next) && next.EndsUs <= nowUs)
                    Collect(part, part.Ends.Dequeue(), ended);
            }
        }

        return ended;
    }

    public (BucketCommand Command, LeaseTrip Trip) ReturnOf(in LimitSet limits, in LeaseWish wish)
    {
        var command = new BucketCommand(limits with { Facts = limits.Facts.At(0) }, BucketOperation.Charge);
        var trip = LeaseTrip.Of(this, command);
        trip.Ask(0, wish, 0);
        return (command, trip);
    }

    private bool Restore(KnownBucketPart part, UInt128 hash, in LeaseWish wish, in LimitSet limits)
    {
        int slot = hash == 0 ? -1 : part.Find(hash);
        bool isHeld = slot >= 0 && part.Entries[slot].TryRestore(wish);
        if (wish.Back == 0)
            return false;
        // Tokens without a lease are returned after a pause: the primary has just refused them, or is unreachable.
        var whole = wish with { Tokens = 0 };
        part.Ends.Enqueue(isHeld
            ? new LeaseEnd(hash, part.Entries[slot].Lease.EndsUs, part.Entries[slot].Limits, whole)
            : new LeaseEnd(0, known.NowUs + RetryUs, limits.Lean(), whole));
        return true;
    }

    private static void Collect(KnownBucketPart part, in LeaseEnd end, List<(LimitSet, LeaseWish)> ended)
    {
        if (end.Bucket == 0)
        {
            ended.Add((end.Limits, end.Whole));
            return;
        }

        int slot = part.Find(end.Bucket);
        // Skips the end of a replaced lease. The bucket's present lease has its own end in the queue.
        if (slot >= 0 && part.Entries[slot].Lease.IsHeld && part.Entries[slot].Lease.EndsUs == end.EndsUs)
            ended.Add((end.Limits, part.Entries[slot].EndLease()));
    }

    private bool TryStand(in BucketCommand command, long nowUs, ReadOnlySpan<UInt128> hashes, Span<int> slots, Span<Standing> standings, out bool isRefused)
    {
        bool isTake = command.What == BucketOperation.Take, isKnown = true;
        isRefused = false;
        long forgottenUs = Volatile.Read(ref ForgottenUsOf(command.Limits.Facts.Tenant));
        int index = 0;
        foreach (var limit in command.Limits)
        {
            long cost = limit.CostOf(command.Limits.Facts);
            int slot = limit.IsStrict ? -1 : SlotOf(command, index, hashes[index]);
            var standing = Standing.Unknown;
            if (slot >= 0)
            {
                ref var bucket = ref known.PartOf(hashes[index]).Entries[slot];
                if (isTake)
                    bucket.Count(cost, nowUs, known.HorizonUs);
                standing = bucket.Stand(limit.Quota, cost, isTake, nowUs, forgottenUs);
            }

            isKnown &= standing != Standing.Unknown;
            isRefused |= standing == Standing.Refused && limit.Mode == LimitMode.Enforce;
            (slots[index], standings[index]) = (slot, standing);
            index++;
        }

        return KeepsAll(hashes, slots) && isKnown;
    }

    /// <summary>Returns false if a later bucket of the request replaced an earlier one. Sets its slot to -1.</summary>
    private bool KeepsAll(ReadOnlySpan<UInt128> hashes, Span<int> slots)
    {
        bool keeps = true;
        for (int i = 0; i < slots.Length - 1; i++)
        {
            if (slots[i] < 0 || known.PartOf(hashes[i]).Entries[slots[i]].Hash == hashes[i])
                continue;
            (slots[i], keeps) = (-1, false);
        }

        return keeps;
    }

    /// <summary>Returns the slot of a bucket; -1 if unknown. A take adds an unknown bucket, a check does not.</summary>
    private int SlotOf(in BucketCommand command, int index, UInt128 hash)
    {
        var part = known.PartOf(hash);
        int slot = part.Find(hash);
        return slot >= 0 || command.What != BucketOperation.Take ? slot : Add(part, hash, command.Limits.Only(index));
    }

    private int Add(KnownBucketPart part, UInt128 hash, in LimitSet limits) => part.Add(hash, limits, known.TimeFor(limits.First));

    private BucketResult Decide(
        in BucketCommand command, long nowUs, ReadOnlySpan<UInt128> hashes, ReadOnlySpan<int> slots, ReadOnlySpan<Standing> standings, bool isRefused)
    {
        Span<BucketLine> lines = stackalloc BucketLine[slots.Length];
        var time = TimeOf(hashes, slots, nowUs);
        int index = 0;
        foreach (var limit in command.Limits)
        {
            ref var bucket = ref known.PartOf(hashes[index]).Entries[slots[index]];
            long cost = limit.CostOf(command.Limits.Facts);
            if (!isRefused && command.What == BucketOperation.Take && standings[index] == Standing.Covered)
                bucket.Lease.Spend(cost);
            lines[index] = bucket.Line(limit.Quota, cost, standings[index], nowUs, time);
            index++;
        }

        known.PartOf(hashes[0]).Decided++;
        return BucketResult.Locally(isRefused ? BucketOutcome.Refused : BucketOutcome.Allowed, lines, time);
    }

    // Returns the latest of the buckets' earliest times. The primary's clock has passed them all.
    private StoreTime TimeOf(ReadOnlySpan<UInt128> hashes, ReadOnlySpan<int> slots, long nowUs)
    {
        StoreTime time = default;
        for (int i = 0; i < slots.Length; i++)
        {
            var other = known.PartOf(hashes[i]).Entries[slots[i]].Earliest(nowUs);
            time = i == 0 || other.NowUs > time.NowUs ? other : time;
        }

        return time;
    }

    private LeaseTrip TripFor(in BucketCommand command, long nowUs, ReadOnlySpan<UInt128> hashes, ReadOnlySpan<int> slots)
    {
        // A stalled instance leases nothing: it would not use the tokens in time.
        bool mayLease = lag is null || 2 * lag().Ticks / TimeSpan.TicksPerMicrosecond <= known.HorizonUs;
        var trip = LeaseTrip.Of(this, command);
        int index = 0;
        foreach (var limit in command.Limits)
        {
            var wish = slots[index] < 0 ? default
                : WishOf(command, limit, ref known.PartOf(hashes[index]).Entries[slots[index]], nowUs, mayLease);
            trip.Ask(index, wish, hashes[index]);
            index++;
        }

        return trip;
    }

    // Returns the wish for one limit. A check shows leased tokens as given back, so that it answers as a take would.
    private LeaseWish WishOf(in BucketCommand command, Limit limit, ref KnownBucket bucket, long nowUs, bool mayLease) =>
        command.What == BucketOperation.Take
            ? bucket.Wish(limit.Quota, limit.CostOf(command.Limits.Facts), nowUs, known.HorizonUs, mayLease)
        : bucket.Lease.IsOfOtherKind(limit.Quota) ? default : bucket.Lease.Rest;

    private ref long ForgottenUsOf(string tenant) =>
        ref _forgottenUs[string.GetHashCode(tenant, StringComparison.Ordinal) & (Times - 1)];

    private static int CountLeased(KnownBucketPart part)
    {
        int leased = 0;
        foreach (ref var entry in part.Entries)
            leased += entry.Lease.IsHeld ? 1 : 0;
        return leased;
    }

    private static int Under(KnownBucketPart part, Func<KnownBucketPart, int> count)
    {
        lock (part.Gate)
            return count(part);
    }
}
