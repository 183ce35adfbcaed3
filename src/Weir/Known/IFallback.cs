namespace Weir;

/// <summary>The store that decides in an outage, as replies of the primary concern it.</summary>
internal interface IFallback
{
    bool HasAdmitted(in BucketCommand command);

    // The primary also keeps a take admitted by memory, and its record answers repeats: memory refunds and forgets it.
    void Yield(in BucketCommand command);

    // Forgets a charge that the primary has executed or never will. Idempotent.
    void Close(in BucketCommand command, in BucketResult result);
}
