using System.Numerics;
using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// The table of known buckets: what this instance last heard of each bucket in the primary, the tokens it leased of it,
/// and what it spent of it without the primary.
/// </summary>
/// <remarks>
/// The number of buckets is bounded. A new one replaces one that is as new, else the one that was used longest ago, but
/// never one that holds leased tokens or is not settled. Each part has a lock; parts are locked in their order. Safe
/// for concurrent use.
/// </remarks>
internal sealed class KnownBuckets
{
    /// <summary>As many as a word has bits, so that a set of parts is a word.</summary>
    private const int PartCount = 64;

    /// <summary>
    /// Maximum number of known buckets by default. Each takes some 400 bytes with the values its limit is keyed by.
    /// </summary>
    public const int Default = 131_072;

    private readonly long _seed;
    private readonly MonotonicClock _clock;

    /// <param name="buckets">Maximum number of known buckets.</param>
    /// <param name="time">The clock of this instance.</param>
    /// <param name="hashSeed">The seed of the hash that buckets are known by; random by default. For tests.</param>
    public KnownBuckets(int buckets, TimeProvider time, long? hashSeed = null)
    {
        _seed = hashSeed ?? BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        _clock = new MonotonicClock(time);
        Parts = [.. Enumerable.Range(0, PartCount).Select(_ => new KnownBucketPart(Math.Max(1, buckets / PartCount / KnownBucketPart.Ways)))];
    }

    /// <summary>The parts of the table.</summary>
    public KnownBucketPart[] Parts { get; }

    /// <summary>Microseconds for which a lease lives; 0 if nothing is leased.</summary>
    public long HorizonUs { get; init; }

    /// <summary>Called when a lease was granted, which then ends.</summary>
    public Action? Leased { get; init; }

    /// <summary>
    /// True while the primary may have lost its memory: then it is believed only if it holds more than was known.
    /// </summary>
    public Func<bool> IsInDoubt { get; set; } = static () => false;

    /// <summary>
    /// The store that decides in an outage; null for none. Settlements reach it before later results of the same reply
    /// are learned.
    /// </summary>
    public IFallback? Fallback { get; set; }

    public long NowUs => _clock.NowUs;

    /// <summary>The time of this instance; on the wall only where the limit needs to know.</summary>
    public StoreTime TimeFor(Limit limit) => new(NowUs, limit.Quota is WindowQuota ? _clock.WallUs : 0);

    /// <summary>Learns the state of buckets, and leases of them, from a result of the primary.</summary>
    /// <param name="command">The command.</param>
    /// <param name="result">The result.</param>
    /// <param name="trip">The leases that were asked for.</param>
    /// <param name="isLate">
    /// True if the command was decided otherwise meanwhile and will be undone: only its leases count.
    /// </param>
    public void Learn(in BucketCommand command, in BucketResult result, LeaseTrip? trip = null, bool isLate = false)
    {
        if (command.What == BucketOperation.Settle && result.Fault == StoreFault.None)
            Fallback?.Close(command, result);
        // A look is answered as if leased tokens were given back; a return of tokens concerns no other caller.
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

    /// <summary>Learns of one bucket. True if tokens were leased.</summary>
    private bool Learn(in LimitSet limits, in Heard heard)
    {
        var hash = heard.Bucket != 0 ? heard.Bucket : HashOf(limits, limits.First);
        var part = PartOf(hash);
        var now = TimeFor(limits.First);
        lock (part.Gate)
        {
            int slot = part.Find(hash);
            // A new bucket is known without an entry.
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

    /// <summary>Writes the hashes of a request's buckets, and returns the set of their parts.</summary>
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

    /// <summary>Locks a set of parts, always in their order, so that no two wait for each other.</summary>
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
