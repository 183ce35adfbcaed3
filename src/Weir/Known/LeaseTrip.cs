namespace Weir;

/// <summary>
/// The leases that a command on its way to the primary asks for, limit by limit, and gives back. Pooled.
/// </summary>
internal sealed class LeaseTrip
{
    private static readonly Pool<LeaseTrip> Spare = new(static () => new LeaseTrip(), 4_096);

    private readonly LeaseWish[] _wishes = new LeaseWish[Plan.MaxLimits];
    private readonly UInt128[] _buckets = new UInt128[Plan.MaxLimits];
    private Leasing? _leases;

    private LeaseTrip()
    {
    }

    /// <summary>When the command was sent, by the clock of the table: leases are counted from then.</summary>
    public long SentUs { get; private set; }

    /// <summary>True if the primary is asked for a lease, or given one back.</summary>
    public bool Asks { get; private set; }

    /// <summary>True if the command only looks, and so has given nothing up.</summary>
    public bool IsLook { get; private set; }

    /// <summary>Returns a trip of a command that asks for no lease yet.</summary>
    /// <param name="leases">Learns the result; null for none.</param>
    /// <param name="command">The command.</param>
    public static LeaseTrip Of(Leasing? leases, in BucketCommand command)
    {
        var trip = Spare.Rent();
        (trip._leases, trip.SentUs, trip.Asks, trip.IsLook) = (leases, leases?.Known.NowUs ?? 0, false, command.What == BucketOperation.Check);
        int limits = command.Limits.Count;
        trip._wishes.AsSpan(0, limits).Clear();
        trip._buckets.AsSpan(0, limits).Clear();
        return trip;
    }

    /// <summary>The lease asked for at one of the limits.</summary>
    public LeaseWish this[int limit] => _wishes[limit];

    /// <summary>The hash of the bucket of one of the limits; 0 if it is not at hand.</summary>
    public UInt128 BucketOf(int limit) => _buckets[limit];

    /// <summary>Asks for something at one of the limits.</summary>
    public void Ask(int limit, in LeaseWish wish, UInt128 bucket)
    {
        (_wishes[limit], _buckets[limit]) = (wish, bucket);
        Asks |= wish.Tokens > 0 || wish.Back > 0;
    }

    /// <inheritdoc cref="KnownBuckets.Learn(in BucketCommand, in BucketResult, LeaseTrip?, bool)"/>
    public void Learn(in BucketCommand command, in BucketResult result, bool isLate) => _leases?.Known.Learn(command, result, this, isLate);

    /// <summary>Holds the tokens again that were to be given back, since the primary was never asked.</summary>
    public void Restore(in LimitSet limits)
    {
        if (Asks && !IsLook)
            _leases?.Restore(this, limits);
    }

    /// <summary>Lets it be used again.</summary>
    public void Return()
    {
        _leases = null;
        Spare.Return(this);
    }
}
