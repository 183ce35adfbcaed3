namespace Weir;

/// <summary>Stores live data with one version count for all of it, and an audit trail.</summary>
public interface ILiveStore
{
    /// <summary>Raised on any thread as a hint: a reader that misses it learns by its next read.</summary>
    event Action? Changed;

    /// <summary>Fault of the last call, for the log; null if the store answered.</summary>
    string? Fault { get; }

    /// <summary>Reads all changes since a version; null if the store does not answer.</summary>
    Task<LiveRead?> ReadAsync(LiveVersion known);

    /// <summary>
    /// Changes one entry; a null value deletes it. Expects a version (0: none, null: any). A store that has lost the
    /// known version changes nothing; neither does, if exact, a store that is ahead.
    /// </summary>
    Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, LiveVersion known, bool exact = false);

    /// <summary>Returns remembered changes before a version, newest first; null without an answer.</summary>
    Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most);

    /// <summary>Returns the text of a change, if it is still remembered.</summary>
    Task<LiveEntry?> RecallAsync(long version);

    /// <summary>Restores all known entries. False if nothing is lost, or a peer restores.</summary>
    Task<bool> RestoreAsync(LiveRead known);

    /// <summary>Accepts the store's content as complete, because no instance has restored the lost data.</summary>
    Task AcceptLossAsync();
}
