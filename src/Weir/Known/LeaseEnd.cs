namespace Weir;

/// <summary>End of a lease. If Bucket is 0, the bucket is unknown: the tokens in Whole are given back.</summary>
internal readonly record struct LeaseEnd(UInt128 Bucket, long EndsUs, LimitSet Limits, LeaseWish Whole);

/// <summary>Tokens to lease and to give back with a command. IsSole: no other command asks until the reply.</summary>
internal readonly record struct LeaseWish(long Tokens, long Back, long BackStampUs, bool IsSole = false);
