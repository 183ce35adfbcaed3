namespace Weir;

/// <summary>Answer of a bucket to a cost.</summary>
public enum BucketOutcome
{
    /// <summary>The bucket has room: the cost is spent, or would be spent by a check.</summary>
    Allowed,

    /// <summary>The bucket must refill first. Nothing is spent.</summary>
    Refused,

    /// <summary>The cost exceeds the capacity. Nothing is spent.</summary>
    NeverFits,
}
