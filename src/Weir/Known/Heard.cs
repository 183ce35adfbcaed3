namespace Weir;

/// <summary>What the primary said of one bucket.</summary>
internal readonly struct Heard
{
    private readonly BucketLine _line;

    /// <param name="line">Its line of the result.</param>
    /// <param name="time">The time of the primary.</param>
    /// <param name="trip">The leases that were asked for with the command.</param>
    /// <param name="index">The limit's index in the command.</param>
    public Heard(in BucketLine line, in StoreTime time, LeaseTrip? trip = null, int index = 0)
    {
        (_line, Time) = (line, time);
        if (trip is not null)
            (Bucket, SentUs, HasAsked) = (trip.BucketOf(index), trip.SentUs, trip[index].IsSole);
    }

    /// <summary>The hash of the bucket; 0 if it is not at hand.</summary>
    public UInt128 Bucket { get; }

    /// <summary>When the command was sent, by the clock of the table; null if unknown.</summary>
    public long? SentUs { get; }

    /// <summary>True if no other command asks for a lease of the bucket until this reply.</summary>
    public bool HasAsked { get; }

    public StoreTime Time { get; }

    public bool IsLate { get; init; }

    /// <summary>Units that were leased.</summary>
    public long Leased => _line.Leased;

    /// <summary>The state of the bucket in the primary, in which leased tokens are spent.</summary>
    public BucketState State => _line.State with { Spent = _line.State.Spent + _line.Leased };

    /// <summary>The tokens of the lease, to be given back.</summary>
    public LeaseWish Whole(Quota quota) => new(0, Leased / quota.Rate.UnitsPerToken, StampUs(quota));

    /// <summary>The end of a lease whose bucket is not known any more: at once.</summary>
    public LeaseEnd Orphan(in LimitSet limits) => new(0, 0, limits.Lean(), Whole(limits.First.Quota));

    /// <summary>What the primary knows the lease by: the end of its window, else when it was granted.</summary>
    public long StampUs(Quota quota) => quota is WindowQuota ? _line.State.At : Time.NowUs;
}
