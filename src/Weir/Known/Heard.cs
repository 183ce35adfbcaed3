namespace Weir;

internal readonly struct Heard
{
    private readonly BucketLine _line;

    public Heard(in BucketLine line, in StoreTime time, LeaseTrip? trip = null, int index = 0)
    {
        (_line, Time) = (line, time);
        if (trip is not null)
            (Bucket, SentUs, HasAsked) = (trip.BucketOf(index), trip.SentUs, trip[index].IsSole);
    }

    public UInt128 Bucket { get; }

    /// <summary>Time at which the command was sent, by the clock of the known buckets; null if unknown.</summary>
    public long? SentUs { get; }

    /// <summary>True if no other command may ask for a lease of the bucket until this reply.</summary>
    public bool HasAsked { get; }

    public StoreTime Time { get; }

    public bool IsLate { get; init; }

    public long Leased => _line.Leased;

    /// <summary>State of the bucket in the primary, which counts leased tokens as spent.</summary>
    public BucketState State => _line.State with { Spent = _line.State.Spent + _line.Leased };

    public LeaseWish Whole(Quota quota) => new(0, Leased / quota.Rate.UnitsPerToken, StampUs(quota));

    public LeaseEnd Orphan(in LimitSet limits) => new(0, 0, limits.Lean(), Whole(limits.First.Quota));

    /// <summary>Stamp of the lease in the primary: its window's end, or for a bucket the time of the grant.</summary>
    public long StampUs(Quota quota) => quota is WindowQuota ? _line.State.At : Time.NowUs;
}
