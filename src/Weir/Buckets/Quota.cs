namespace Weir;

/// <summary>The numbers of a limit: its capacity and how fast that refills. Immutable; compares by value.</summary>
public abstract record Quota
{
    /// <summary>Exclusive upper bound of every amount of units: a double counts exactly only below 2^53.</summary>
    internal const long ExactLimit = 1L << 53;

    private protected Quota(long capacity, RefillRate rate)
    {
        Capacity = capacity;
        Rate = rate;
    }

    /// <summary>Maximum cost of one request: tokens of a full bucket or window, or permits. 0 is a ban.</summary>
    public long Capacity { get; }

    /// <summary>Time in which the whole capacity returns: fill time, longest window length or permit timeout.</summary>
    public abstract TimeSpan Window { get; }

    /// <summary>Returns the fill time, or the length of the window at a time; null for permits and bans.</summary>
    public virtual TimeSpan? WindowAt(DateTimeOffset time) => Capacity == 0 ? null : Window;

    internal RefillRate Rate { get; }

    /// <summary>Takes the cost if there is room. A refusal spends nothing, but may correct the state's time.</summary>
    internal abstract BucketOutcome Take(ref BucketState state, in StoreTime time, long cost);

    /// <summary>Charges the cost unconditionally. A negative cost refunds at most the spent amount.</summary>
    internal abstract void Charge(ref BucketState state, in StoreTime time, long cost);

    internal abstract long TokensLeft(BucketState state, in StoreTime time);

    internal abstract long RetryUs(BucketState state, in StoreTime time, long cost);

    internal abstract long ResetUs(BucketState state, in StoreTime time);

    /// <summary>Converts another quota's state. Keeps the spent amount (law L12), rounded up.</summary>
    internal abstract BucketState Adopt(BucketState state, RefillRate writtenWith, in StoreTime time);
}
