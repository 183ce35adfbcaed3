namespace Weir;

/// <summary>What is asked of one bucket.</summary>
internal readonly record struct Ask(Quota Quota, long NowUs, long Cost, bool Spend);
