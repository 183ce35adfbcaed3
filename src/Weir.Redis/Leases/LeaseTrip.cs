namespace Weir.Redis;

/// <summary>What a decision on its way to Redis asks for beside its answer, at each of its limits, and what came of it.</summary>
/// <param name="table">Who asks.</param>
/// <param name="limits">The limits, in their order.</param>
/// <param name="sentUs">When it was asked for, by the clock of this instance: leases are counted from then.</param>
internal sealed class LeaseTrip(LeaseTable table, LimitSet limits, long sentUs)
{
    private readonly LeaseWish[] _wishes = new LeaseWish[limits.Count];

    /// <summary>The limits, in their order.</summary>
    public LimitSet Limits { get; } = limits;

    /// <summary>When it was asked for.</summary>
    public long SentUs { get; } = sentUs;

    /// <summary>The keys of the limits' buckets, in their order.</summary>
    public byte[][] Keys { get; set; } = [];

    /// <summary>Learns what Redis answered.</summary>
    /// <param name="answer">The answer, what is leased counted as spent.</param>
    /// <param name="leased">The tokens leased, limit by limit.</param>
    public void Learn(in BucketAnswer answer, ReadOnlySpan<long> leased) => table.Learn(this, answer, leased);

    /// <summary>What is asked for at one of the limits.</summary>
    public ref LeaseWish this[int limit] => ref _wishes[limit];
}
