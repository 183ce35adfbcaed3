namespace Weir.Redis;

/// <summary>What a decision on its way to Redis asks for beside its answer, at each of its limits, and who learns what comes of it. Used again and again.</summary>
internal sealed class LeaseTrip
{
    private static readonly Pool<LeaseTrip> Spare = new(static () => new LeaseTrip(), 4_096);

    private readonly LeaseWish[] _wishes = new LeaseWish[Plan.MaxLimits];
    private readonly UInt128[] _buckets = new UInt128[Plan.MaxLimits];
    private LeaseTable? _table;
    private LimitSet _limits;

    private LeaseTrip()
    {
    }

    /// <summary>The limits, in their order.</summary>
    public ref readonly LimitSet Limits => ref _limits;

    /// <summary>When it was asked for, by the clock of this instance: leases are counted from then.</summary>
    public long SentUs { get; private set; }

    /// <summary>Whether Redis is asked for a lease, or given one back.</summary>
    public bool Asks { get; private set; }

    /// <summary>Whether the request only looks, and so has given nothing up.</summary>
    public bool IsLook { get; set; }

    /// <summary>A trip of a request that asks for nothing yet.</summary>
    /// <param name="table">Who learns.</param>
    /// <param name="limits">The limits, in their order.</param>
    /// <param name="sentUs">Now.</param>
    public static LeaseTrip Of(LeaseTable table, in LimitSet limits, long sentUs)
    {
        var trip = Spare.Rent();
        (trip._table, trip.SentUs, trip.Asks, trip.IsLook) = (table, sentUs, false, false);
        trip._limits = limits;
        for (int limit = 0; limit < limits.Count; limit++)
            (trip._wishes[limit], trip._buckets[limit]) = (default, 0);
        return trip;
    }

    /// <summary>What is asked for at one of the limits.</summary>
    public LeaseWish this[int limit] => _wishes[limit];

    /// <summary>By what the table knows the bucket of one of the limits; 0 when it does not.</summary>
    public UInt128 BucketOf(int limit) => _buckets[limit];

    /// <summary>Asks for something at one of the limits.</summary>
    public void Ask(int limit, in LeaseWish wish, UInt128 bucket)
    {
        (_wishes[limit], _buckets[limit]) = (wish, bucket);
        Asks |= wish.Tokens > 0 || wish.Back > 0;
    }

    /// <summary>Learns what Redis answered.</summary>
    /// <param name="lines">The answer, what is leased counted as spent.</param>
    /// <param name="leased">The tokens leased, limit by limit.</param>
    /// <param name="time">The time of Redis.</param>
    /// <param name="keys">The keys of the limits' buckets.</param>
    public void Learn(ReadOnlySpan<BucketLine> lines, ReadOnlySpan<long> leased, in StoreTime time, Words keys) => _table!.Learn(this, lines, leased, time, keys);

    /// <summary>Puts back the tokens that were to be given back to Redis, since it was never asked.</summary>
    /// <param name="keys">The keys of the limits' buckets.</param>
    public void Restore(Words keys)
    {
        if (Asks && !IsLook)
            _table!.Restore(this, keys);
    }

    /// <summary>Gives it back, when nobody has it any more.</summary>
    public void Return()
    {
        (_table, _limits) = (null, default);
        Spare.Return(this);
    }
}
