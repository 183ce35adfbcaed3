namespace Weir;

/// <summary>What replies of the primary tell the store that decides in an outage.</summary>
internal interface IFallback
{
    /// <summary>True if memory admitted a take under its idempotency key, and its reservation is not settled.</summary>
    bool HasAdmitted(in BucketCommand command);

    /// <summary>
    /// The primary keeps a take that memory admitted, too, and its record answers repeats: memory
    /// gives its spending back, and forgets the take.
    /// </summary>
    void Yield(in BucketCommand command);

    /// <summary>
    /// Forgets a charge that the primary has executed, and learns from its result, or one that it never will. A charge
    /// that is forgotten already changes nothing.
    /// </summary>
    void Close(in BucketCommand command, in BucketResult result);
}
