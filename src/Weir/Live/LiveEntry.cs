namespace Weir;

/// <summary>The kinds of live data.</summary>
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

    /// <summary>A key that is refused for a while; its id is <see cref="KeyId.Of"/>.</summary>
    public const string Block = "block";

    /// <summary>Other numbers for one key of a tenant; its id is <see cref="KeyId.Of"/>.</summary>
    public const string KeyLimits = "limits";

    /// <summary>An API key: its hash and its scope; its id is the key's.</summary>
    public const string Key = "key";
}

/// <summary>One piece of live data.</summary>
/// <param name="Kind">One of <see cref="LiveKind"/>.</param>
/// <param name="Id">Its name within its kind.</param>
/// <param name="Version">The version that it came with.</param>
/// <param name="Value">Its text; null when it was deleted.</param>
public sealed record LiveEntry(string Kind, string Id, long Version, string? Value);

/// <summary>One change: who changed which entry, and when.</summary>
/// <param name="Version">The version it made.</param>
/// <param name="Kind">The kind of the entry.</param>
/// <param name="Id">The entry.</param>
/// <param name="Before">The version that the entry had before; 0 when there was none.</param>
/// <param name="Deleted">True when the entry was deleted.</param>
/// <param name="Who">Who changed it.</param>
/// <param name="At">When.</param>
public sealed record LiveChange(long Version, string Kind, string Id, long Before, bool Deleted, string Who, DateTimeOffset At);

/// <summary>How a change ended.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Version">The version made; on a conflict, the version of the entry now.</param>
public readonly record struct LiveWrite(LiveOutcome Outcome, long Version);

/// <summary>How a change ended.</summary>
public enum LiveOutcome
{
    /// <summary>The change is made.</summary>
    Written,

    /// <summary>The entry has another version than the one expected; nothing was changed.</summary>
    Conflict,

    /// <summary>Something has changed since the version that the change was judged by; nothing was changed.</summary>
    Outdated,

    /// <summary>The entry to be deleted is not there; nothing was changed.</summary>
    Absent,

    /// <summary>
    /// The store has lost what the writer knows, and must be given it back first. Nothing was changed.
    /// </summary>
    Behind,

    /// <summary>The store does not answer; the change may or may not have been made.</summary>
    Unavailable,
}

/// <summary>A point in the life of a store: which history of changes, and how far in it.</summary>
/// <param name="History">
/// The name of the history: a store that begins anew begins another one. Of two, the smaller name is the older.
/// </param>
/// <param name="Number">The number of changes made in it.</param>
public sealed record LiveVersion(string History, long Number)
{
    /// <summary>The version that a reader knows who has read nothing yet.</summary>
    public static readonly LiveVersion Unknown = new("", 0);
}

/// <summary>What a store says about the time since a version.</summary>
/// <param name="Version">The version up to which it tells.</param>
/// <param name="Entries">The entries that have changed, as they are now.</param>
/// <param name="IsWhole">True when these are all entries there are, and not only changed ones.</param>
public sealed record LiveRead(LiveVersion Version, IReadOnlyList<LiveEntry> Entries, bool IsWhole)
{
    /// <summary>
    /// What the store has lost, such as <c>2 of 5 entries are left</c>; null when nothing. A store that has lost
    /// something tells no entries.
    /// </summary>
    public LiveLoss? Loss { get; init; }

    /// <summary>Entries of the store that cannot be read, a line each, for the log.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];
}

/// <summary>Live data that a store has lost.</summary>
/// <param name="Reason">The missing data, for the log.</param>
/// <param name="IsNew">True when the store holds nothing at all, as one that was never used.</param>
/// <param name="IsBeingRestored">True while an instance restores its data.</param>
public sealed record LiveLoss(string Reason, bool IsNew, bool IsBeingRestored);
