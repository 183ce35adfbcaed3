namespace Weir;

/// <summary>Stores live data with one version count for all of it, and an audit trail.</summary>
public interface ILiveStore
{
    /// <summary>
    /// Raised on any thread if data may have changed. A hint: a reader that misses it learns by its next read.
    /// </summary>
    event Action? Changed;

    /// <summary>Fault of the last call, for the log; null if the store answered.</summary>
    string? Fault { get; }

    /// <summary>Reads the changes since a version; null if the store does not answer.</summary>
    /// <param name="known">The reader's version; <see cref="LiveVersion.Unknown"/> for everything.</param>
    Task<LiveRead?> ReadAsync(LiveVersion known);

    /// <summary>Changes one entry.</summary>
    /// <param name="kind">Kind of the entry.</param>
    /// <param name="id">Id of the entry.</param>
    /// <param name="value">New text; null deletes the entry.</param>
    /// <param name="who">Author of the change.</param>
    /// <param name="expected">Required present version, 0 for none; null for any.</param>
    /// <param name="known">The writer's version. A store that has lost it changes nothing.</param>
    /// <param name="exact">True to refuse the change also if the store is ahead.</param>
    Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, LiveVersion known, bool exact = false);

    /// <summary>
    /// Returns at most this many remembered changes before a version, newest first; null without answer.
    /// </summary>
    Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most);

    /// <summary>Returns the text of a change, if it is still remembered.</summary>
    Task<LiveEntry?> RecallAsync(long version);

    /// <summary>
    /// Restores lost data from all entries the caller knows. False if nothing is lost, or a peer restores.
    /// </summary>
    Task<bool> RestoreAsync(LiveRead known);

    /// <summary>Accepts the store's content as complete, because no instance has restored the lost data.</summary>
    Task AcceptLossAsync();
}
