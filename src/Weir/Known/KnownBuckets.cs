using System.Numerics;
using System.Security.Cryptography;

namespace Weir;

// The bounded table of known buckets. A new bucket replaces one that equals a new one, else the least recently used one
// without lease or unsettled spending. Safe for concurrent use: threads lock the parts in their order.
internal sealed class KnownBuckets
{
    /// <summary>Number of parts. A word of 64 bits holds a set of parts.</summary>
    private const int PartCount = 64;

    /// <summary>Default maximum of known buckets. Each takes about 400 bytes plus its dimension values.</summary>
    public const int Default = 131_072;

    private readonly long _seed;
    private readonly MonotonicClock _clock;

    public KnownBuckets(int buckets, TimeProvider time, long? hashSeed = null)
    {
        _seed = hashSeed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        _clock = new MonotonicClock(time);
        Parts = [.. Enumerable.Range(0, PartCount).Select(_ => new KnownBucketPart(Math.Max(1, buckets / PartCount / KnownBucketPart.Ways)))];
    }

    public KnownBucketPart[] Parts { get; }

    /// <summary>Lifetime of a lease in µs; 0 turns leases off.</summary>
    public long HorizonUs { get; init; }

    public Action? Leased { get; init; }

    /// <summary>Returns true while the primary may have lost its memory. Then learns only higher spending.</summary>
    public Func<bool> IsInDoubt { get; set; } = static () => false;

    /// <summary>The fallback; null for none. Learns of a settlement before later results of its batch.</summary>
    public IFallback? Fallback { get; set; }

    public long NowUs => _clock.NowUs;

    /// <summary>Returns this instance's time. Reads the wall clock only for windows.</summary>
    public StoreTime TimeFor(Limit limit) => new(NowUs, limit.Quota is WindowQuota ? _clock.WallUs : 0);

    // Learns states and leases from a result. A late result will be undone, so only its leases count.
    public void Learn(in BucketCommand command, in BucketResult result, LeaseTrip? trip = null, bool isLate = false)
    {
        if (command.What == BucketOperation.Settle && result.Fault == StoreFault.None)
            Fallback?.Close(command, result);
        // Ignores states that mislead other callers: a check, for example, counts leased tokens as given back.
        bool isOfLeases = trip is { IsLook: true, Asks: true }
            || command.What is BucketOperation.Settle or BucketOperation.Restore
            || (command.What == BucketOperation.Charge && trip is { Asks: true });
        if (isOfLeases || result is not { Fault: StoreFault.None, IsRemembered: false, IsLocal: false })
            return;
        bool isLeased = false;
        int index = 0;
        foreach (var limit in command.Limits)
        {
            if (limit.Quota is not ConcurrencyQuota)
                isLeased |= Learn(command.Limits.Only(index), new Heard(result[index], result.Time, trip, index) { IsLate = isLate });
            index++;
        }

        if (isLeased)
            Leased?.Invoke();
    }

    private bool Learn(in LimitSet limits, in Heard heard)
    {
        var hash = heard.Bucket != 0 ? heard.Bucket : HashOf(limits, limits.First);
        var part = PartOf(hash);
        var now = TimeFor(limits.First);
        lock (part.Gate)
        {
            int slot = part.Find(hash);
            // A bucket without spending needs no entry.
            if (slot < 0 && heard.State.Spent != 0 && !heard.IsLate)
                slot = part.Add(hash, limits, now);
            if (slot < 0)
                return heard.Leased > 0 && End(part, heard.Orphan(limits));
            ref var bucket = ref part.Entries[slot];
            bucket.Learn(limits, heard, IsInDoubt(), now, HorizonUs);
            return heard.Leased > 0 && End(part, new LeaseEnd(hash, bucket.Lease.EndsUs, bucket.Limits, heard.Whole(limits.First.Quota)));
        }
    }

    private static bool End(KnownBucketPart part, in LeaseEnd end)
    {
        part.Ends.Enqueue(end);
        return true;
    }

    public ulong HashesOf(in LimitSet limits, Span<UInt128> hashes)
    {
        ulong parts = 0;
        int index = 0;
        foreach (var limit in limits)
        {
            hashes[index] = HashOf(limits, limit);
            parts |= 1UL << NumberOf(hashes[index++]);
        }

        return parts;
    }

    /// <summary>Locks a set of parts in their order, which excludes deadlocks.</summary>
    public void Enter(ulong parts)
    {
        for (; parts != 0; parts &= parts - 1)
            Parts[BitOperations.TrailingZeroCount(parts)].Gate.Enter();
    }

    public void Exit(ulong parts)
    {
        for (; parts != 0; parts &= parts - 1)
            Parts[BitOperations.TrailingZeroCount(parts)].Gate.Exit();
    }

    public KnownBucketPart PartOf(UInt128 hash) => Parts[NumberOf(hash)];

    public UInt128 HashOf(in LimitSet limits, Limit limit) => BucketHash.Of(limits.Facts, limit, _seed);

    private static int NumberOf(UInt128 hash) => (int)((uint)hash & (PartCount - 1));
}
