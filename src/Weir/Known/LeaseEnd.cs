namespace Weir;

/// <summary>When a lease ends.</summary>
/// <param name="Bucket">The hash of its bucket; 0 if it is not known any more, so that it ends at once.</param>
/// <param name="EndsUs">When, by the clock of the table.</param>
/// <param name="Limits">A request for the bucket, with this limit only.</param>
/// <param name="Whole">The tokens to give back of it if none was used.</param>
internal readonly record struct LeaseEnd(UInt128 Bucket, long EndsUs, LimitSet Limits, LeaseWish Whole);

/// <summary>The lease to ask for with a decision at one bucket, and the tokens given back with it.</summary>
/// <param name="Tokens">Tokens wanted ahead.</param>
/// <param name="Back">Tokens given back.</param>
/// <param name="BackStampUs">The stamp of the lease of which those are.</param>
/// <param name="IsSole">True if no other command asks for a lease of that bucket until the reply.</param>
internal readonly record struct LeaseWish(long Tokens, long Back, long BackStampUs, bool IsSole = false);
