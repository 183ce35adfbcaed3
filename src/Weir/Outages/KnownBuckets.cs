using System.Numerics;
using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// What this instance knows of the primary's buckets, and what it spent of them without the primary. Memory begins an
/// outage where the primary stood, and the primary is charged what memory spent.
/// </summary>
/// <remarks>
/// The number of buckets is bounded. A new one replaces one that is as new, else the one that was heard of longest ago, but
/// never one that is not settled. If there is none to replace, the spending is lost (<see cref="Lost"/>). Safe for concurrent use.
/// </remarks>
/// <param name="buckets">Maximum number of known buckets.</param>
/// <param name="memory">The fallback's buckets.</param>
internal sealed class KnownBuckets(int buckets, MemoryStore memory)
{
    /// <summary>As many as a word has bits, so that a set of parts is a word.</summary>
    private const int Parts = 64;

    private readonly ulong _name = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly KnownBucketPart[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new KnownBucketPart(Math.Max(1, buckets / Parts / KnownBucketPart.Ways)))];
    private long _sent;
    private int _owing;
    private int _turn;
    private long _lost;

    /// <summary>When the first instance came back to the primary, by the clock of memory; never if none has.</summary>
    public long ReturnedUs { get; set; } = long.MaxValue;

    /// <summary>Buckets whose spending without the primary is not known to be charged.</summary>
    public int Owing => Volatile.Read(ref _owing);

    /// <summary>Takes and charges that the primary will not be told of.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>
    /// Learns how the primary's buckets stand. Ignores buckets with unsettled spending: the primary's state is
    /// incomplete.
    /// </summary>
    /// <param name="limits">The buckets.</param>
    /// <param name="answer">The primary's answer.</param>
    /// <param name="isInDoubt">True if the primary may have lost its memory: then it is believed only if it holds more than was known.</param>
    public void Learn(in LimitSet limits, in BucketAnswer answer, bool isInDoubt)
    {
        var time = memory.TimeFor(limits.Plan);
        int index = 0;
        foreach (var limit in limits)
        {
            int at = index++;
            if (limit.Quota is ConcurrencyQuota)
                continue;
            var hash = HashOf(limits, limit);
            var part = PartOf(hash);
            var known = OnOurClock(limit.Quota, answer[at], answer.Time, time);
            lock (part.Gate)
            {
                int place = part.Find(hash);
                // A new bucket is known without an entry.
                if (place < 0 && known.Spent == 0)
                    continue;
                if (place < 0 && (place = part.PlaceFor(hash, memory.WithWall(time))) >= 0)
                    part.Entries[place] = KnownBucket.Of(hash, limits.Only(at));
                if (place >= 0 && !part.Entries[place].Owes && !(isInDoubt && part.Entries[place].HoldsMoreThan(known, memory.WithWall(time))))
                    part.Entries[place].Learn(limits.Only(at), known, time);
            }
        }
    }

    /// <summary>Executes a command in memory on this instance's outage share, and records what it spends.</summary>
    public BucketAnswer Execute(in StoreAsk command, Share share)
    {
        var limits = command.Limits;
        Span<UInt128> hashes = stackalloc UInt128[Plan.MaxLimits];
        ulong parts = HashesOf(limits, hashes);
        Enter(parts);
        try
        {
            Prepare(limits, hashes, spends: command.What != StoreVerb.Check);
            var answer = memory.Execute(command with { Limits = limits with { Share = share } });
            // Only a take asks whether it is allowed; a charge is executed whatever its buckets say.
            bool isDone = answer is { Fault: StoreFault.None, IsRemembered: false }
                && (command.What == StoreVerb.Take ? answer.Outcome == BucketOutcome.Allowed : command.What != StoreVerb.Check);
            if (isDone)
                Record(command, answer, hashes);
            return answer;
        }
        finally
        {
            Exit(parts);
        }
    }

    /// <summary>Collects the charges that must reach the primary before a request for these buckets.</summary>
    /// <returns>False if a bucket has spending beside its charge, which is under way: the primary cannot know it all.</returns>
    public bool TryCollectOwed(in LimitSet limits, Share share, List<SettlementCharge> to)
    {
        bool isAll = true;
        var time = memory.WithWall(memory.TimeFor(limits.Plan));
        foreach (var limit in limits)
        {
            var hash = HashOf(limits, limit);
            var part = PartOf(hash);
            lock (part.Gate)
            {
                if (part.Find(hash) is not (>= 0 and var place))
                    continue;
                CollectLocked(part, place, share, time, to);
                isAll &= part.Entries[place].Spent == 0;
            }
        }

        return isAll;
    }

    /// <summary>Collects charges of any bucket.</summary>
    /// <param name="share">The outage share that was spent from.</param>
    /// <param name="to">Where to.</param>
    /// <param name="most">Maximum number of charges.</param>
    public void CollectOwed(Share share, List<SettlementCharge> to, int most)
    {
        var time = memory.Time;
        // Begins with another part each time, so that charges that fail do not hold up the rest.
        for (int left = Parts; left > 0 && to.Count < most; left--)
        {
            var part = _parts[(uint)Interlocked.Increment(ref _turn) % Parts];
            lock (part.Gate)
            {
                for (int i = part.Owing.Count - 1; i >= 0 && to.Count < most; i--)
                    CollectLocked(part, part.Owing[i], share, time, to);
            }
        }
    }

    /// <summary>Collects what the primary was last known to hold, for a primary that has lost its memory.</summary>
    public List<StoreAsk> CollectKnown()
    {
        var time = memory.Time;
        var known = new List<StoreAsk>();
        foreach (var part in _parts)
        {
            lock (part.Gate)
            {
                foreach (ref var entry in part.Entries)
                {
                    if (!entry.IsEmpty && entry.ToRestore(time) is { } command)
                        known.Add(command);
                }
            }
        }

        return known;
    }

    /// <summary>
    /// Forgets a charge that the primary has executed, and learns from its result, or one that it never will.
    /// </summary>
    public void Close(SettlementCharge charge, in BucketAnswer answer)
    {
        bool isLost = answer.Fault != StoreFault.None;
        if (isLost)
            Interlocked.Increment(ref _lost);
        var part = PartOf(charge.Hash);
        lock (part.Gate)
        {
            if (part.Find(charge.Hash) is not (>= 0 and var place) || part.Entries[place].Pending != charge)
                return;
            ref var entry = ref part.Entries[place];
            entry.Pending = null;
            Count(part, place, wasOwing: true);
            var time = memory.WithWall(memory.Time);
            if (!isLost)
                entry.LearnSettled(charge, answer.IsRemembered ? charge.KnownAfter(time) : OnOurClock(charge.Quota, answer[0], answer.Time, time), memory, time);
        }
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
            var part = PartOf(hash);
            int place = part.Find(hash);
            if (place < 0 && spends && (place = part.PlaceFor(hash, time)) >= 0)
                part.Entries[place] = KnownBucket.Of(hash, limits.Only(index)) with { Base = memory.StateOf(limits, limit, hash), IsInMemory = true };
            if (place >= 0)
                part.Entries[place].Prepare(limits.Only(index), memory, time);
            else if (spends)
                Interlocked.Increment(ref _lost);
        }
    }

    private void Record(in StoreAsk command, in BucketAnswer answer, ReadOnlySpan<UInt128> hashes)
    {
        int index = -1;
        foreach (var limit in command.Limits)
        {
            var line = answer[++index];
            var part = PartOf(hashes[index]);
            // A limit in shadow that refused spent nothing, nor did one whose window is over that was to be given back to.
            bool isOver = limit.Quota is WindowQuota && command.OnlyEnds?[index] is not (null or 0) && command.OnlyEnds[index] != line.State.At;
            bool isRefused = command.What == StoreVerb.Take && line.Outcome != BucketOutcome.Allowed;
            if (limit.Quota is ConcurrencyQuota || isRefused || isOver || part.Find(hashes[index]) is not (>= 0 and var place))
                continue;
            ref var entry = ref part.Entries[place];
            bool wasOwing = entry.Owes;
            if (command.What == StoreVerb.Reset)
                (entry.Spent, entry.Base) = (0, line.State);
            else
                entry.Spend(limit.CostOf(command.Limits.Facts.Cost) * (Int128)limit.Quota.Rate.UnitsPerToken);
            Count(part, place, wasOwing);
        }
    }

    private void CollectLocked(KnownBucketPart part, int place, Share share, in StoreTime time, List<SettlementCharge> to)
    {
        ref var entry = ref part.Entries[place];
        bool wasOwing = entry.Owes;
        if (entry.Pending is { } late && !late.MayBeSentAt(time.NowUs))
        {
            entry.Pending = null;
            Interlocked.Increment(ref _lost);
        }

        if (entry.Pending is null && entry.Spent != 0)
            entry.Owe(memory.StateOf(entry.Limits, entry.Limit, entry.Hash), time, share, ReturnedUs, new UInt128(_name, (ulong)Interlocked.Increment(ref _sent)));
        if (entry.Pending is { } charge)
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

    /// <summary>Converts to our clock. A window ends by the wall's; a bucket's spent units are those of now.</summary>
    private static BucketState OnOurClock(Quota quota, BucketLine line, in StoreTime theirs, in StoreTime ours)
    {
        var state = line.State with { Spent = line.State.Spent + line.Leased };
        return quota is WindowQuota ? state : new BucketState(TokenBucket.SpentAt(quota.Rate, state, theirs.NowUs), ours.NowUs);
    }

    private ulong HashesOf(in LimitSet limits, Span<UInt128> hashes)
    {
        ulong parts = 0;
        int index = 0;
        foreach (var limit in limits)
        {
            hashes[index] = HashOf(limits, limit);
            parts |= 1UL << PartNumberOf(hashes[index++]);
        }

        return parts;
    }

    /// <summary>Always in the order of the parts, so that no two wait for each other.</summary>
    private void Enter(ulong parts)
    {
        for (; parts != 0; parts &= parts - 1)
            _parts[BitOperations.TrailingZeroCount(parts)].Gate.Enter();
    }

    private void Exit(ulong parts)
    {
        for (; parts != 0; parts &= parts - 1)
            _parts[BitOperations.TrailingZeroCount(parts)].Gate.Exit();
    }

    private UInt128 HashOf(in LimitSet limits, Limit limit) => BucketHash.Of(limits.Facts, limit, memory.Seed);

    private static int PartNumberOf(UInt128 hash) => (int)((uint)hash & (Parts - 1));

    private KnownBucketPart PartOf(UInt128 hash) => _parts[PartNumberOf(hash)];
}
