namespace Weir;

/// <summary>The bounds of live data (law L10).</summary>
public static class LiveBounds
{
    /// <summary>Changes that are remembered.</summary>
    public const int MaxChanges = 1_000;

    /// <summary>Texts of changes that are remembered, to go back to.</summary>
    public const int MaxTexts = 100;

    /// <summary>Characters of an entry that is not a document.</summary>
    public const int MaxValue = 64 * 1024;

    /// <summary>
    /// Characters (in Redis, bytes) of all texts that are remembered together; the newest one is remembered whatever
    /// its size.
    /// </summary>
    public const int MaxTextTotal = 64 << 20;

    /// <summary>Tenants that have live data; tenants that are boosted; keys that have other numbers.</summary>
    public const int MaxTenants = 200_000;

    /// <summary>Who deletes what has ended.</summary>
    public const string Expiry = "expiry";
}
