namespace Weir;

/// <summary>Answer of one bucket to a request of some cost.</summary>
public enum BucketOutcome
{
    /// <summary>The bucket has room. A take spends the cost; a check spends nothing.</summary>
    Allowed,

    /// <summary>The bucket has no room for the cost yet. Nothing is spent.</summary>
    Refused,

    /// <summary>The cost exceeds the capacity, so the bucket never has room for it. Nothing is spent.</summary>
    NeverFits,
}
