using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// What this instance knows of the primary's buckets, and what it has spent of them by itself: so that memory begins where the primary stood, and the primary learns what memory spent.
/// </summary>
/// <remarks>
/// Bounded: so many buckets are known, eight places to each hash. One that comes takes the place of one that is as new, or else of the one that was heard of
/// longest ago; never of one that owes. Where all owe, what is spent is not written down (<see cref="Lost"/>). Safe for concurrent use.
/// </remarks>
/// <param name="buckets">Buckets that are known at the same time.</param>
/// <param name="memory">Where this instance decides by itself.</param>
internal sealed class Ledger(int buckets, MemoryStore memory)
{
    private const int Parts = 64;

    /// <summary>Charges of one bucket that are on their way at the same time; what is spent meanwhile waits.</summary>
    private const int MostCharges = 4;

    private readonly ulong _name = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));
    private readonly LedgerPart[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new LedgerPart(Math.Max(1, buckets / Parts / LedgerPart.Ways)))];
    private long _sent;
    private int _owing;
    private int _turn;
    private long _lost;

    /// <summary>When the first instance came back to the primary, by the clock of memory; never, while none has.</summary>
    public long ReturnedUs { get; set; } = long.MaxValue;

    /// <summary>Buckets of which something was spent here that is not known to be in the primary.</summary>
    public int Owing => Volatile.Read(ref _owing);

    /// <summary>Takes that were not written down, because there was no place, or that the primary could not be told of.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>Learns how the primary's buckets stand. Of what owes nothing is learned: the primary does not know it all.</summary>
    public void Learn(in LimitSet limits, in BucketAnswer answer)
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
                // What is as new is known without being written down.
                if (place < 0 && known.Spent == 0)
                    continue;
                if (place < 0 && (place = part.PlaceFor(hash, memory.WithWall(time))) >= 0)
                    part.Entries[place].Become(hash, limits.Only(at));
                if (place >= 0 && !part.Entries[place].Owes)
                    Know(ref part.Entries[place], limits.Only(at), known, time);
            }
        }
    }

    /// <summary>Has memory know how these buckets stand, and writes down that this instance is about to spend of them by itself.</summary>
    public void BeginAlone(in LimitSet limits, bool spends)
    {
        var time = memory.WithWall(memory.TimeFor(limits.Plan));
        int index = 0;
        foreach (var limit in limits)
        {
            int at = index++;
            if (limit.Quota is ConcurrencyQuota)
                continue;
            var hash = HashOf(limits, limit);
            var part = PartOf(hash);
            lock (part.Gate)
                BeginAloneLocked(part, hash, limits.Only(at), spends, time);
        }
    }

    /// <summary>Memory has decided what was begun.</summary>
    public void EndAlone(in LimitSet limits)
    {
        foreach (var limit in limits)
        {
            if (limit.Quota is ConcurrencyQuota)
                continue;
            var hash = HashOf(limits, limit);
            var part = PartOf(hash);
            lock (part.Gate)
            {
                if (part.Find(hash) is not (>= 0 and var place) || part.Entries[place].Deciding == 0)
                    continue;
                part.Entries[place].Deciding--;
                Count(wasOwing: true, part.Entries[place]);
            }
        }
    }

    /// <summary>What is to be charged before the primary is asked about these buckets. False when something is owed beside that.</summary>
    public bool CollectOwed(in LimitSet limits, Share share, List<OwnSpend> to)
    {
        bool isAll = true;
        var time = memory.WithWall(memory.TimeFor(limits.Plan));
        foreach (var limit in limits)
        {
            var hash = HashOf(limits, limit);
            var part = PartOf(hash);
            lock (part.Gate)
            {
                if (part.Find(hash) is >= 0 and var place)
                {
                    CollectLocked(ref part.Entries[place], share, time, to);
                    isAll &= !part.Entries[place].IsSpent || part.Entries[place].Deciding > 0;
                }
            }
        }

        return isAll;
    }

    /// <summary>What is to be charged, of any bucket; at most so many.</summary>
    public void CollectOwed(Share share, List<OwnSpend> to, int most)
    {
        var time = memory.Time;
        // Not from the same place each time: what does not come through must not keep the rest waiting.
        for (int left = Parts; left > 0 && to.Count < most; left--)
        {
            var part = _parts[(uint)Interlocked.Increment(ref _turn) % Parts];
            lock (part.Gate)
            {
                foreach (ref var entry in part.Entries)
                {
                    if (entry.Owes)
                        CollectLocked(ref entry, share, time, to);
                    if (to.Count >= most)
                        break;
                }
            }
        }
    }

    /// <summary>All that is known to be spent, for a primary that has forgotten it: as whole tokens, rounded against the caller.</summary>
    public List<(LimitSet Limits, long Tokens)> CollectKnown()
    {
        var time = memory.Time;
        var known = new List<(LimitSet, long)>();
        foreach (var part in _parts)
        {
            lock (part.Gate)
            {
                foreach (ref var entry in part.Entries)
                {
                    if (!entry.IsEmpty && TokensOf(entry, time) is > 0 and var tokens)
                        known.Add((OwnSpend.AloneAndPlain(entry.Limits, entry.Limit), tokens));
                }
            }
        }

        return known;
    }

    /// <summary>A charge has come, or never will.</summary>
    public void Close(OwnSpend spend, bool isLost)
    {
        if (isLost)
            Interlocked.Increment(ref _lost);
        var part = PartOf(spend.Hash);
        lock (part.Gate)
        {
            if (part.Find(spend.Hash) is >= 0 and var place && part.Entries[place].Close(spend))
                Count(wasOwing: true, part.Entries[place]);
        }
    }

    /// <summary>Nobody knows whether a charge has come: it is sent again, under the same name, and what drains meanwhile is owed, too.</summary>
    public void Retry(OwnSpend spend)
    {
        var part = PartOf(spend.Hash);
        lock (part.Gate)
        {
            if (part.Find(spend.Hash) is >= 0 and var place && part.Entries[place].Awaits(spend))
                part.Entries[place].IsSpent = true;
        }
    }

    private void BeginAloneLocked(LedgerPart part, UInt128 hash, in LimitSet limits, bool spends, in StoreTime time)
    {
        int place = part.Find(hash);
        if (place < 0 && !spends)
            return;
        if (place < 0)
        {
            place = part.PlaceFor(hash, time);
            if (place < 0)
            {
                Interlocked.Increment(ref _lost);
                return;
            }

            part.Entries[place].Become(hash, limits);
            part.Entries[place].Base = memory.StateOf(limits, limits.First, hash);
        }

        ref var entry = ref part.Entries[place];
        bool wasOwing = entry.Owes;
        entry.Follow(limits, time);
        if (entry.IsFresh)
            memory.Know(limits, limits.First, hash, entry.Base);
        (entry.IsFresh, entry.IsSpent, entry.HeardUs) = (false, entry.IsSpent || spends, time.NowUs);
        entry.Deciding += spends ? 1 : 0;
        Count(wasOwing, entry);
    }

    private void CollectLocked(ref LedgerEntry entry, Share share, in StoreTime time, List<OwnSpend> to)
    {
        if (entry.IsSpent && (entry.Pending?.Count ?? 0) < MostCharges)
            Owe(ref entry, share, time);
        for (var pending = entry.Pending; pending is not null; pending = pending.Before)
        {
            if (pending.MayBeSentAt(time.NowUs))
                to.Add(pending);
            else
                GiveUp(ref entry, pending);
        }
    }

    /// <summary>What was to be given back, and may have been, is no longer known by its name.</summary>
    private void GiveUp(ref LedgerEntry entry, OwnSpend spend)
    {
        Interlocked.Increment(ref _lost);
        if (entry.Close(spend))
            Count(wasOwing: true, entry);
    }

    private void Owe(ref LedgerEntry entry, Share share, in StoreTime time)
    {
        var own = memory.StateOf(entry.Limits, entry.Limit, entry.Hash);
        long tokens = entry.Owed(own, time, share, ReturnedUs);
        (entry.Base, entry.IsSpent, entry.SettledUs) = (own, entry.Deciding > 0, time.NowUs);
        if (tokens != 0)
            entry.Pending = new OwnSpend(entry.Hash, OwnSpend.AloneAndPlain(entry.Limits, entry.Limit), tokens, new UInt128(_name, (ulong)Interlocked.Increment(ref _sent))) { Before = entry.Pending, OwedUs = time.NowUs, WindowEnd = entry.Limit.Quota is WindowQuota ? own.At : 0 };
        Count(wasOwing: true, entry);
    }

    private static void Know(ref LedgerEntry entry, in LimitSet limits, BucketState known, in StoreTime time)
    {
        entry.Limits = limits;
        (entry.Base, entry.IsFresh, entry.HeardUs, entry.Over) = (known, true, time.NowUs, 0);
    }

    private void Count(bool wasOwing, in LedgerEntry entry)
    {
        if (entry.Owes != wasOwing)
            Interlocked.Add(ref _owing, wasOwing ? -1 : 1);
    }

    /// <summary>Whole tokens that are known to be spent and have not come back.</summary>
    private static long TokensOf(in LedgerEntry entry, in StoreTime time)
    {
        if (entry.Limit.Quota is WindowQuota window)
            return window.Now(entry.Base, time).Spent;
        var rate = entry.Limit.Quota.Rate;
        return (TokenBucket.SpentAt(rate, entry.Base, time.NowUs) + rate.UnitsPerToken - 1) / rate.UnitsPerToken;
    }

    /// <summary>The primary's clock is not ours. A window's end is the wall's; what is spent of a bucket is as of now.</summary>
    private static BucketState OnOurClock(Quota quota, BucketLine line, in StoreTime theirs, in StoreTime ours)
    {
        var state = line.State with { Spent = line.State.Spent + line.Leased };
        return quota is WindowQuota ? state : new BucketState(TokenBucket.SpentAt(quota.Rate, state, theirs.NowUs), ours.NowUs);
    }

    private UInt128 HashOf(in LimitSet limits, Limit limit) => BucketHash.Of(limits.Facts, limit, memory.Seed);

    private LedgerPart PartOf(UInt128 hash) => _parts[(int)((uint)hash & (Parts - 1))];
}
