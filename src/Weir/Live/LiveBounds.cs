namespace Weir;

/// <summary>Bounds of live data (law L10).</summary>
public static class LiveBounds
{
    /// <summary>Maximum number of remembered changes.</summary>
    public const int MaxChanges = 1_000;

    /// <summary>Maximum number of remembered texts, to which a rollback can return.</summary>
    public const int MaxTexts = 100;

    /// <summary>Maximum length in characters of an entry that is not a policy document.</summary>
    public const int MaxValue = 64 * 1024;

    /// <summary>Maximum length of all remembered texts, in characters (in Redis, bytes). Excludes the newest.</summary>
    public const int MaxTextTotal = 64 << 20;

    /// <summary>Maximum number of tenants with overrides, of tenants with boosts, and of keys with overrides.</summary>
    public const int MaxTenants = 200_000;

    /// <summary>Author, in the audit trail, of deletions of ended entries.</summary>
    public const string Expiry = "expiry";
}
