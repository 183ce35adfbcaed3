namespace Weir;

/// <summary>The leases that a command asks for and gives back, one wish per limit. Pooled.</summary>
internal sealed class LeaseTrip
{
    private static readonly Pool<LeaseTrip> Spare = new(static () => new LeaseTrip(), 4_096);

    private readonly LeaseWish[] _wishes = new LeaseWish[Plan.MaxLimits];
    private readonly UInt128[] _buckets = new UInt128[Plan.MaxLimits];
    private Leasing? _leases;

    private LeaseTrip()
    {
    }

    /// <summary>Time at which the command was sent, by the table's clock. Its leases start then.</summary>
    public long SentUs { get; private set; }

    public bool Asks { get; private set; }

    /// <summary>True for a check, which gives no tokens back.</summary>
    public bool IsLook { get; private set; }

    public static LeaseTrip Of(Leasing? leases, in BucketCommand command)
    {
        var trip = Spare.Rent();
        (trip._leases, trip.SentUs, trip.Asks, trip.IsLook) = (leases, leases?.Known.NowUs ?? 0, false, command.What == BucketOperation.Check);
        int limits = command.Limits.Count;
        trip._wishes.AsSpan(0, limits).Clear();
        trip._buckets.AsSpan(0, limits).Clear();
        return trip;
    }

    public LeaseWish this[int limit] => _wishes[limit];

    public UInt128 BucketOf(int limit) => _buckets[limit];

    public void Ask(int limit, in LeaseWish wish, UInt128 bucket)
    {
        (_wishes[limit], _buckets[limit]) = (wish, bucket);
        Asks |= wish.Tokens > 0 || wish.Back > 0;
    }

    public void Learn(in BucketCommand command, in BucketResult result, bool isLate) => _leases?.Known.Learn(command, result, this, isLate);

    public void Restore(in LimitSet limits)
    {
        if (Asks && !IsLook)
            _leases?.Restore(this, limits);
    }

    public void Return()
    {
        _leases = null;
        Spare.Return(this);
    }
}
