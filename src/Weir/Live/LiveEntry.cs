namespace Weir;

/// <summary>Kinds of live data.</summary>
public static class LiveKind
{
    /// <summary>Live policy document, which replaces the file's document. The id is empty.</summary>
    public const string Policies = "policies";

    /// <summary>Candidate policy document. The id is empty.</summary>
    public const string Candidate = "candidate";

    /// <summary>Permanent override of a tenant. The id is the tenant.</summary>
    public const string Tenant = "tenant";

    /// <summary>Boost: a temporary override of a tenant. The id is the tenant.</summary>
    public const string Boost = "boost";

    /// <summary>Block of a key. The id is <see cref="KeyId.Of"/>.</summary>
    public const string Block = "block";

    /// <summary>Override of the limits of one key. The id is <see cref="KeyId.Of"/>.</summary>
    public const string KeyLimits = "limits";

    /// <summary>Hash and scope of an API key. The id is the id of the API key.</summary>
    public const string Key = "key";
}

/// <summary>Entry of live data, at the version of its last change. A null value marks a deleted entry.</summary>
public sealed record LiveEntry(string Kind, string Id, long Version, string? Value);

/// <summary>A change of an entry, without its text. Before is the entry's previous version, 0 if it had none.</summary>
public sealed record LiveChange(long Version, string Kind, string Id, long Before, bool Deleted, string Who, DateTimeOffset At);

/// <summary>Result of a change. Version is the new one; after a conflict, the entry's; if outdated, the store's.
/// After other outcomes, it means nothing.</summary>
public readonly record struct LiveWrite(LiveOutcome Outcome, long Version);

/// <summary>Outcome of a change.</summary>
public enum LiveOutcome
{
    /// <summary>The store made the change.</summary>
    Written,

    /// <summary>The entry does not have the expected version; nothing was changed.</summary>
    Conflict,

    /// <summary>The store is ahead of the version that the writer knows; nothing was changed.</summary>
    Outdated,

    /// <summary>The entry to delete does not exist; nothing was changed.</summary>
    Absent,

    /// <summary>The store has lost data that the writer knows; nothing was changed. Restore the data first.</summary>
    Behind,

    /// <summary>The store does not answer; the change may or may not have been made.</summary>
    Unavailable,
}

/// <summary>Version number in a history. An emptied store begins a new history, whose name sorts last.</summary>
public sealed record LiveVersion(string History, long Number)
{
    /// <summary>Version of a reader that has read nothing yet.</summary>
    public static readonly LiveVersion Unknown = new("", 0);
}

/// <summary>Result of a read: the entries changed since a version or, if IsWhole, all entries.</summary>
public sealed record LiveRead(LiveVersion Version, IReadOnlyList<LiveEntry> Entries, bool IsWhole)
{
    /// <summary>Loss of data in the store; null if nothing is lost. A read with a loss has no entries.</summary>
    public LiveLoss? Loss { get; init; }

    /// <summary>Messages for the log about unreadable or lost data, one line each.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];
}

/// <summary>Loss of live data. IsNew: the store is empty. IsBeingRestored: a peer is restoring the data.</summary>
public sealed record LiveLoss(string Reason, bool IsNew, bool IsBeingRestored);
