namespace Weir;

/// <summary>What a bucket answers to a cost.</summary>
public enum BucketOutcome
{
    /// <summary>There was room: the cost is (or, for a check, would be) spent.</summary>
    Allowed,

    /// <summary>Not now: the bucket must refill first. Nothing is spent.</summary>
    Refused,

    /// <summary>Not ever: the cost is above the capacity. Nothing is spent.</summary>
    NeverFits,
}
