namespace Weir;

/// <summary>End of a lease. Bucket 0 is no longer known and ends at once; Whole gives back unused tokens.</summary>
internal readonly record struct LeaseEnd(UInt128 Bucket, long EndsUs, LimitSet Limits, LeaseWish Whole);

/// <summary>Tokens to lease and to give back with a command. IsSole: no other command asks until the reply.</summary>
internal readonly record struct LeaseWish(long Tokens, long Back, long BackStampUs, bool IsSole = false);
