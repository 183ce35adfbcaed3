namespace Weir;

/// <summary>Stores live data and an audit trail of its changes. One version counter covers all entries.</summary>
public interface ILiveStore
{
    /// <summary>Raised on any thread after a change. Events may be lost; the next read returns the change.</summary>
    event Action? Changed;

    /// <summary>Current error of the store, for the log; null if there is none.</summary>
    string? Fault { get; }

    /// <summary>Returns the changes since a known version, or all entries; null if the store does not answer.</summary>
    Task<LiveRead?> ReadAsync(LiveVersion known);

    /// <summary>Writes one entry. Returns the outcome, and the new or the current version.</summary>
    /// <param name="kind">Kind of the entry; see <see cref="LiveKind"/>.</param>
    /// <param name="id">Id of the entry within its kind.</param>
    /// <param name="value">Text of the entry; null deletes the entry.</param>
    /// <param name="who">Author of the change, for the audit trail.</param>
    /// <param name="expected">Version that the entry must have: 0 for a new entry, null for any version.</param>
    /// <param name="known">Version that the writer knows. A store that has lost it changes nothing.</param>
    /// <param name="exact">True to change nothing if the store is ahead of the known version.</param>
    Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, LiveVersion known, bool exact = false);

    /// <summary>Returns the last changes before a version, newest first; null if the store does not answer.</summary>
    Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most);

    /// <summary>Returns the entry as a change wrote it; null if its text is forgotten, or without an answer.</summary>
    Task<LiveEntry?> RecallAsync(long version);

    /// <summary>Restores lost entries. False if no known entry is lost, a peer restores, or the store fails.</summary>
    Task<bool> RestoreAsync(LiveRead known);

    /// <summary>Declares the store's content complete, if no instance could restore the lost data.</summary>
    Task AcceptLossAsync();
}
