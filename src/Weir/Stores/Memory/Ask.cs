namespace Weir;

/// <summary>What is asked of one bucket.</summary>
internal readonly record struct Ask(Quota Quota, StoreTime Time, long Cost, StoreVerb What);
