namespace Weir.Drill.Tests.Load;

/// <summary>What callers want of a key.</summary>
/// <param name="Tenant">Whose key it is.</param>
/// <param name="Key">The key.</param>
/// <param name="PerSecond">Requests a second, of all instances together.</param>
/// <param name="Costs">What they cost, one like another.</param>
internal sealed record Demand(string Tenant, string Key, int PerSecond, params long[] Costs)
{
    /// <summary>The body of a request.</summary>
    public string BodyOf(long cost) => $$"""{"tenant":"{{Tenant}}","key":"{{Key}}","cost":{{cost}}}""";
}
