namespace Weir;

/// <summary>Operations of the fallback that follow from replies of the primary.</summary>
internal interface IFallback
{
    bool HasAdmitted(in BucketCommand command);

    // Refunds and forgets a take that memory admitted: the primary has executed it too, and keeps its record.
    void Yield(in BucketCommand command);

    // Forgets a charge that the primary has executed or will never execute. Idempotent.
    void Close(in BucketCommand command, in BucketResult result);
}
