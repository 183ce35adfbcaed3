namespace Weir;

/// <summary>What live data is about.</summary>
public static class LiveKind
{
    /// <summary>The policy document; its id is empty.</summary>
    public const string Policies = "policies";

    /// <summary>A policy document that is tried beside the one that decides; its id is empty.</summary>
    public const string Candidate = "candidate";

    /// <summary>What one tenant has otherwise than the document; its id is the tenant.</summary>
    public const string Tenant = "tenant";

    /// <summary>What one tenant has otherwise than that until a time; its id is the tenant.</summary>
    public const string Boost = "boost";

    /// <summary>A key that is refused for a while; its id is <see cref="Block.IdOf"/>.</summary>
    public const string Block = "block";

    /// <summary>Who may ask: the hash of an API key and what it opens; its id is the key's.</summary>
    public const string Key = "key";
}

/// <summary>One piece of live data, as it is now.</summary>
/// <param name="Kind">What it is about; one of <see cref="LiveKind"/>.</param>
/// <param name="Id">Which of its kind.</param>
/// <param name="Version">The version that it came with.</param>
/// <param name="Value">Its text; null when it was deleted.</param>
public sealed record LiveEntry(string Kind, string Id, long Version, string? Value);

/// <summary>One change: who made what of which, and when.</summary>
/// <param name="Version">The version it made.</param>
/// <param name="Kind">What was changed.</param>
/// <param name="Id">Which of its kind.</param>
/// <param name="Before">The version that it had before; 0 when there was none.</param>
/// <param name="Deleted">True when it was deleted.</param>
/// <param name="Who">Who changed it.</param>
/// <param name="At">When.</param>
public sealed record LiveChange(long Version, string Kind, string Id, long Before, bool Deleted, string Who, DateTimeOffset At);

/// <summary>How a change ended.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Version">The version made; on a conflict, the one that stands.</param>
public readonly record struct LiveWrite(LiveOutcome Outcome, long Version);

/// <summary>How a change ended.</summary>
public enum LiveOutcome
{
    /// <summary>It is made.</summary>
    Written,

    /// <summary>It was meant for another version than the one that stands; nothing was changed.</summary>
    Conflict,

    /// <summary>Something has changed since the version that the change was judged by; nothing was changed.</summary>
    Outdated,

    /// <summary>It was to be deleted, and is not there; nothing was changed.</summary>
    Absent,

    /// <summary>The store knows less than whoever changes it: it began anew, and is to be given back what it lost first. Nothing was changed.</summary>
    Behind,

    /// <summary>The store does not answer; it may or may not have been made.</summary>
    Unavailable,
}

/// <summary>What has changed since a version.</summary>
/// <param name="Version">The version up to which it tells.</param>
/// <param name="Entries">What has changed, as it is now.</param>
/// <param name="IsWhole">True when it is everything there is, and not only what has changed.</param>
public sealed record LiveRead(long Version, IReadOnlyList<LiveEntry> Entries, bool IsWhole);
