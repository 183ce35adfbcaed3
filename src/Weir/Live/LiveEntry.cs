namespace Weir;

/// <summary>Kinds of live data.</summary>
public static class LiveKind
{
    /// <summary>The policy document; its id is empty.</summary>
    public const string Policies = "policies";

    /// <summary>The candidate policy document; its id is empty.</summary>
    public const string Candidate = "candidate";

    /// <summary>Permanent override of a tenant; its id is the tenant.</summary>
    public const string Tenant = "tenant";

    /// <summary>Temporary override of a tenant; its id is the tenant.</summary>
    public const string Boost = "boost";

    /// <summary>Block of a key; its id is <see cref="KeyId.Of"/>.</summary>
    public const string Block = "block";

    /// <summary>Numbers of one key of a tenant; its id is <see cref="KeyId.Of"/>.</summary>
    public const string KeyLimits = "limits";

    /// <summary>Hash and scope of an API key; its id is the key's.</summary>
    public const string Key = "key";
}

/// <summary>One entry of live data; the value of a deleted entry is null.</summary>
public sealed record LiveEntry(string Kind, string Id, long Version, string? Value);

/// <summary>A change of an entry. Before is the entry's version before, 0 for none.</summary>
public sealed record LiveChange(long Version, string Kind, string Id, long Before, bool Deleted, string Who, DateTimeOffset At);

/// <summary>Result of a change. Version: the one made; on a conflict, the entry's present one.</summary>
public readonly record struct LiveWrite(LiveOutcome Outcome, long Version);

/// <summary>Outcome of a change.</summary>
public enum LiveOutcome
{
    /// <summary>The change is made.</summary>
    Written,

    /// <summary>The entry does not have the expected version; nothing was changed.</summary>
    Conflict,

    /// <summary>Data has changed since the version that the change was judged by; nothing was changed.</summary>
    Outdated,

    /// <summary>The entry to delete does not exist; nothing was changed.</summary>
    Absent,

    /// <summary>The store has lost data the writer knows, which must be restored first. Nothing was changed.</summary>
    Behind,

    /// <summary>The store does not answer; the change may or may not have been made.</summary>
    Unavailable,
}

/// <summary>A position in a history. A store that begins anew has a new one; smaller names are older.</summary>
public sealed record LiveVersion(string History, long Number)
{
    /// <summary>Version of a reader that has read nothing yet.</summary>
    public static readonly LiveVersion Unknown = new("", 0);
}

/// <summary>Changes since a version. IsWhole: all existing entries instead.</summary>
public sealed record LiveRead(LiveVersion Version, IReadOnlyList<LiveEntry> Entries, bool IsWhole)
{
    /// <summary>Loss of the store, such as <c>2 of 5 entries are left</c>; null for none. Then no entries.</summary>
    public LiveLoss? Loss { get; init; }

    /// <summary>Unreadable entries, a line each, for the log.</summary>
    public IReadOnlyList<string> Unreadable { get; init; } = [];
}

/// <summary>Lost live data. IsNew: the store is empty. IsBeingRestored: an instance restores it.</summary>
public sealed record LiveLoss(string Reason, bool IsNew, bool IsBeingRestored);
