using System.Security.Cryptography;

namespace Weir.Redis;

/// <summary>
/// What this instance may decide by itself: tokens that Redis has leased to it, and refusals that are known to be true still. Exact: all instances together admit
/// no more than if Redis were asked for each decision, and a refusal is one that Redis would have made.
/// </summary>
/// <remarks>
/// <para>
/// A request is decided here only if that can be said of all of its limits; else Redis is asked, once, all or nothing (law L2). A request that goes there takes along what
/// is wanted of its buckets in the next moment, and gives back what was leased and not used.
/// </para>
/// <para>
/// Bounded: so many buckets are known, four places to each hash; one that comes takes the place of the one that was asked for longest ago and holds no tokens. Tenants lie
/// in parts with a lock each, so that a decision takes one lock, however many limits it has. Safe for concurrent use.
/// </para>
/// </remarks>
internal sealed class LeaseTable
{
    private const int Parts = 64;
    private const int Ways = 4;

    /// <summary>Times of refunds, each for the tenants of one hash. A power of two.</summary>
    private const int Times = 4_096;

    /// <summary>Pause before tokens that could not be given back are given back again.</summary>
    private const long RetryUs = 250_000;

    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private readonly Part[] _parts;

    /// <summary>When something was given back to a tenant last.</summary>
    private readonly long[] _forgottenUs = new long[Times];
    private readonly MonotonicClock _clock;
    private readonly long _horizonUs;
    private readonly Action? _leased;
    private readonly Func<TimeSpan>? _lag;

    /// <param name="buckets">Buckets that are known at the same time.</param>
    /// <param name="horizon">How long a lease lives.</param>
    /// <param name="time">The clock of this instance.</param>
    /// <param name="leased">Called when a lease was granted, which then ends.</param>
    /// <param name="lag">How long this instance waited for a core last; null to measure nothing.</param>
    public LeaseTable(int buckets, TimeSpan horizon, TimeProvider time, Action? leased = null, Func<TimeSpan>? lag = null)
    {
        _lag = lag;
        _leased = leased;
        _clock = new MonotonicClock(time);
        _horizonUs = horizon.Ticks / TimeSpan.TicksPerMicrosecond;
        Array.Fill(_forgottenUs, -1);
        _parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part(Math.Max(1, buckets / Parts / Ways)))];
    }

    /// <summary>How long a lease lives, in microseconds.</summary>
    public long HorizonUs => _horizonUs;

    /// <summary>Decisions that were made here.</summary>
    public long Decided => _parts.Sum(part => Volatile.Read(ref part.Decided));

    /// <summary>True if a lease has yet to end.</summary>
    public bool HasEnds => _parts.Any(part => part.HasEnds());

    /// <summary>Leases that are out.</summary>
    public int Out => _parts.Sum(part => part.Count());

    private sealed class Part(int sets)
    {
        public readonly Lock Gate = new();
        public readonly LeasedBucket[] Buckets = new LeasedBucket[sets * Ways];
        public readonly Queue<LeaseEnd> Ends = new();
        public long Decided;

        /// <summary>Where a bucket is known; -1 for nowhere.</summary>
        public int Find(UInt128 hash)
        {
            int from = SetOf(hash);
            for (int i = from; i < from + Ways; i++)
            {
                if (Buckets[i].Hash == hash)
                    return i;
            }

            return -1;
        }

        /// <summary>Where a bucket is known, or is from now on; -1 when all of its places hold tokens.</summary>
        public int FindOrAdd(UInt128 hash)
        {
            int from = SetOf(hash), oldest = -1;
            for (int i = from; i < from + Ways; i++)
            {
                if (Buckets[i].Hash == hash)
                    return i;
                if (!Buckets[i].HoldsTokens && (oldest < 0 || Buckets[i].TouchedUs < Buckets[oldest].TouchedUs))
                    oldest = i;
            }

            if (oldest >= 0)
                Buckets[oldest].Become(hash);
            return oldest;
        }

        public bool HasEnds()
        {
            lock (Gate)
                return Ends.Count > 0;
        }

        public int Count()
        {
            lock (Gate)
                return Buckets.Count(bucket => bucket.HoldsTokens);
        }

        private int SetOf(UInt128 hash) => (int)(((ulong)hash >> 32) * (ulong)sets >> 32) * Ways;
    }

    /// <summary>Whether leases can help to decide this: takes and checks of buckets and windows.</summary>
    public static bool MayDecide(in StoreAsk ask) => ask.Memo is null && ask.What <= StoreVerb.Take && !ask.Limits.Plan.HasPlaces;

    /// <summary>Decides a request, or says what is to be asked of Redis beside it.</summary>
    /// <param name="ask">The request.</param>
    /// <param name="answer">The decision, when true is returned.</param>
    /// <param name="trip">Else what to ask for; null for nothing.</param>
    public bool TryDecide(in StoreAsk ask, out BucketAnswer answer, out LeaseTrip? trip)
    {
        long nowUs = _clock.NowUs;
        Span<int> places = stackalloc int[Plan.MaxLimits];
        var part = PartOf(ask.Limits.Facts.Tenant);
        lock (part.Gate)
        {
            bool knows = TryStand(part, ask, nowUs, places, out answer);
            part.Decided += knows ? 1 : 0;
            trip = knows || places[..ask.Limits.Count].IndexOfAnyExcept(-1) < 0 ? null : TripFor(part, ask, nowUs, places);
            return knows;
        }
    }

    /// <summary>Learns what a reply says of the buckets of a request.</summary>
    /// <param name="trip">What was asked for.</param>
    /// <param name="lines">What Redis said.</param>
    /// <param name="leased">Tokens leased, limit by limit.</param>
    /// <param name="time">The time of Redis.</param>
    /// <param name="keys">The keys of the buckets.</param>
    public void Learn(LeaseTrip trip, ReadOnlySpan<BucketLine> lines, ReadOnlySpan<long> leased, in StoreTime time, Words keys)
    {
        long nowUs = _clock.NowUs;
        var part = PartOf(trip.Limits.Facts.Tenant);
        bool isLeased = false;
        lock (part.Gate)
        {
            int index = 0;
            foreach (var limit in trip.Limits)
            {
                var reply = new LeaseReply(lines[index], time, leased[index]);
                int place = trip.BucketOf(index) == 0 ? -1 : part.Find(trip.BucketOf(index));
                if (place >= 0)
                    part.Buckets[place].Learn(limit.Quota, reply, trip[index].IsSole, trip.SentUs, nowUs, _horizonUs);
                if (reply.Leased > 0)
                    part.Ends.Enqueue(EndOf(trip, index, reply, keys, place < 0 ? default : part.Buckets[place]));
                isLeased |= reply.Leased > 0;
                index++;
            }
        }

        if (isLeased)
            _leased?.Invoke();
    }

    /// <summary>When a lease that was granted ends: at once, if its bucket is known here no longer.</summary>
    private static LeaseEnd EndOf(LeaseTrip trip, int index, in LeaseReply reply, Words keys, in LeasedBucket bucket)
    {
        long stampUs = trip.Limits.Only(index).First.Quota is WindowQuota ? reply.Line.State.At : reply.Time.NowUs;
        return EndOf(trip, index, new LeaseWish(0, reply.Leased, stampUs), keys, bucket);
    }

    private static LeaseEnd EndOf(LeaseTrip trip, int index, in LeaseWish whole, Words keys, in LeasedBucket bucket) =>
        new(bucket.Hash, bucket.EndsUs, new GrantedLease(trip.Limits.Only(index), keys[index].ToArray()), whole);

    /// <summary>Holds tokens again that a trip was to give back and did not, since it never left.</summary>
    public void Restore(LeaseTrip trip, Words keys)
    {
        var part = PartOf(trip.Limits.Facts.Tenant);
        bool hasEnds = false;
        lock (part.Gate)
        {
            for (int index = 0; index < trip.Limits.Count; index++)
            {
                var wish = trip[index];
                int place = trip.BucketOf(index) == 0 ? -1 : part.Find(trip.BucketOf(index));
                bool holds = place >= 0 && part.Buckets[place].TryRestore(wish);
                // What cannot be held goes back by itself, not at once: Redis has just refused it, or cannot be reached.
                if (wish.Back > 0)
                    part.Ends.Enqueue(EndOf(trip, index, wish with { Tokens = 0 }, keys, holds ? part.Buckets[place] : default) with { EndsUs = holds ? part.Buckets[place].EndsUs : _clock.NowUs + RetryUs });
                hasEnds |= wish.Back > 0;
            }
        }

        if (hasEnds)
            _leased?.Invoke();
    }

    /// <summary>
    /// Believes no refusal of a tenant's that Redis was asked for before now, since something was given back. Takes no
    /// lock. A few tenants share a time, and are asked for once more than they need be.
    /// </summary>
    public void Forget(string tenant) => Volatile.Write(ref ForgottenUsOf(tenant), _clock.NowUs);

    /// <summary>What is to be given back, since its lease has ended and nobody asked for that bucket again.</summary>
    /// <param name="all">True to end all leases.</param>
    public List<(GrantedLease Lease, LeaseWish Wish)> TakeEnded(bool all = false)
    {
        long nowUs = all ? long.MaxValue : _clock.NowUs;
        var ended = new List<(GrantedLease, LeaseWish)>();
        foreach (var part in _parts)
        {
            lock (part.Gate)
            {
                while (part.Ends.TryPeek(out var next) && next.EndsUs <= nowUs)
                    Collect(part, part.Ends.Dequeue(), ended);
            }
        }

        return ended;
    }

    /// <summary>A trip that gives back what is left of a lease, and asks for nothing.</summary>
    public LeaseTrip ReturnOf(GrantedLease lease, in LeaseWish wish)
    {
        var back = LeaseTrip.Of(this, lease.Return, _clock.NowUs);
        back.Ask(0, wish, 0);
        return back;
    }

    private static void Collect(Part part, in LeaseEnd end, List<(GrantedLease, LeaseWish)> ended)
    {
        if (end.Bucket == 0)
        {
            ended.Add((end.Lease, end.Whole));
            return;
        }

        int place = part.Find(end.Bucket);
        // Another lease of the bucket has an end of its own in the queue, and perhaps is of another kind of limit.
        if (place >= 0 && part.Buckets[place].HoldsTokens && part.Buckets[place].EndsUs == end.EndsUs)
            ended.Add((end.Lease, part.Buckets[place].End()));
    }

    private bool TryStand(Part part, in StoreAsk ask, long nowUs, Span<int> places, out BucketAnswer answer)
    {
        Span<Standing> standings = stackalloc Standing[Plan.MaxLimits];
        answer = default;
        bool refused = false, unknown = false;
        long forgottenUs = Volatile.Read(ref ForgottenUsOf(ask.Limits.Facts.Tenant));
        int index = 0;
        foreach (var limit in ask.Limits)
        {
            long cost = limit.CostOf(ask.Limits.Facts.Cost);
            places[index] = limit.IsStrict ? -1 : PlaceOf(part, ask.What, HashOf(ask.Limits, limit));
            var standing = Standing.Unknown;
            if (places[index] >= 0)
            {
                ref var bucket = ref part.Buckets[places[index]];
                if (ask.What == StoreVerb.Take)
                    bucket.Touch(cost, nowUs, _horizonUs);
                standing = bucket.Stand(limit.Quota, cost, ask.What == StoreVerb.Take, nowUs, forgottenUs);
            }

            standings[index++] = standing;
            unknown |= standing == Standing.Unknown;
            refused |= standing == Standing.Refused && limit.Mode == LimitMode.Enforce;
        }

        if (unknown)
            return false;
        answer = Answer(part, ask, nowUs, places, standings, refused);
        return true;
    }

    /// <summary>Whoever only looks learns nothing, and takes no place from what is known.</summary>
    private static int PlaceOf(Part part, StoreVerb what, UInt128 hash) => what == StoreVerb.Take ? part.FindOrAdd(hash) : part.Find(hash);

    /// <summary>The time that an answer is of: each bucket knows one that the store has passed, and the last of those says most.</summary>
    private static StoreTime TimeOf(Part part, ReadOnlySpan<int> places, long nowUs)
    {
        var time = part.Buckets[places[0]].Earliest(nowUs);
        foreach (int place in places[1..])
        {
            var other = part.Buckets[place].Earliest(nowUs);
            time = other.NowUs > time.NowUs ? other : time;
        }

        return time;
    }

    private static BucketAnswer Answer(Part part, in StoreAsk ask, long nowUs, ReadOnlySpan<int> places, ReadOnlySpan<Standing> standings, bool refused)
    {
        Span<BucketLine> lines = stackalloc BucketLine[Plan.MaxLimits];
        var time = TimeOf(part, places[..ask.Limits.Count], nowUs);
        int index = 0;
        foreach (var limit in ask.Limits)
        {
            ref var bucket = ref part.Buckets[places[index]];
            long cost = limit.CostOf(ask.Limits.Facts.Cost);
            if (!refused && ask.What == StoreVerb.Take && standings[index] == Standing.Covered)
                bucket.Spend(cost);
            lines[index] = bucket.Line(limit.Quota, cost, standings[index], nowUs, time);
            index++;
        }

        return BucketAnswer.Locally(refused ? BucketOutcome.Refused : BucketOutcome.Allowed, lines[..index], time);
    }

    /// <summary>What goes along with a request that Redis is asked. Of what is said to one that only looks, nothing is learned.</summary>
    private LeaseTrip? TripFor(Part part, in StoreAsk ask, long nowUs, ReadOnlySpan<int> places)
    {
        // An instance that is not scheduled would not hand the tokens out in time.
        bool mayLease = _lag is null || 2 * _lag().Ticks / TimeSpan.TicksPerMicrosecond <= _horizonUs;
        var trip = LeaseTrip.Of(this, ask.Limits, nowUs);
        int index = 0;
        foreach (var limit in ask.Limits)
        {
            if (places[index] >= 0)
            {
                ref var bucket = ref part.Buckets[places[index]];
                if (ask.What == StoreVerb.Take)
                    trip.Ask(index, bucket.Wish(limit.Quota, limit.CostOf(ask.Limits.Facts.Cost), nowUs, _horizonUs, mayLease), bucket.Hash);
                else
                    trip.Ask(index, bucket.Held(limit.Quota), 0);
            }

            index++;
        }

        trip.IsLook = ask.What != StoreVerb.Take;
        if (trip.Asks || !trip.IsLook)
            return trip;
        trip.Return();
        return null;
    }

    private UInt128 HashOf(in LimitSet limits, Limit limit) => BucketHash.Of(limits.Facts, limit, _seed);

    private ref long ForgottenUsOf(string tenant) =>
        ref _forgottenUs[string.GetHashCode(tenant, StringComparison.Ordinal) & (Times - 1)];

    private Part PartOf(string tenant) => _parts[string.GetHashCode(tenant, StringComparison.Ordinal) & (Parts - 1)];
}
