namespace Weir;

/// <summary>Bounds of live data (law L10).</summary>
public static class LiveBounds
{
    /// <summary>Remembered changes.</summary>
    public const int MaxChanges = 1_000;

    /// <summary>Remembered texts of changes, for rollbacks.</summary>
    public const int MaxTexts = 100;

    /// <summary>Characters of an entry that is not a document.</summary>
    public const int MaxValue = 64 * 1024;

    /// <summary>Characters (in Redis, bytes) of all remembered texts. The newest one is always remembered.</summary>
    public const int MaxTextTotal = 64 << 20;

    /// <summary>Tenants with live data; boosted tenants; keys with their own numbers.</summary>
    public const int MaxTenants = 200_000;

    /// <summary>Author of the deletion of ended entries.</summary>
    public const string Expiry = "expiry";
}
