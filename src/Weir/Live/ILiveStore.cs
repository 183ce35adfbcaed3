namespace Weir;

/// <summary>Where live data is kept: versioned by one count for all of it, with a trail of who changed what.</summary>
public interface ILiveStore
{
    /// <summary>
    /// Something may have changed; raised on any thread. A hint only: a reader that misses it finds out by its next
    /// read.
    /// </summary>
    event Action? Changed;

    /// <summary>Why the store did not answer the last call, for the log; null when it did.</summary>
    string? Fault { get; }

    /// <summary>Reads what has changed since a version; null when the store does not answer.</summary>
    /// <param name="known">The version that the reader knows; <see cref="LiveVersion.Unknown"/> for everything.</param>
    Task<LiveRead?> ReadAsync(LiveVersion known);

    /// <summary>Changes one entry.</summary>
    /// <param name="kind">The kind of the entry.</param>
    /// <param name="id">The entry.</param>
    /// <param name="value">Its text; null deletes it.</param>
    /// <param name="who">Who changes it.</param>
    /// <param name="expected">The version it must have now, 0 for none; null for any.</param>
    /// <param name="known">The version that the writer knows. A store that has lost it changes nothing.</param>
    /// <param name="exact">
    /// True to change nothing in a store that is ahead either, because the change was judged by older data.
    /// </param>
    Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, LiveVersion known, bool exact = false);

    /// <summary>The remembered changes, newest first; null when the store does not answer.</summary>
    /// <param name="before">Only changes before this version.</param>
    /// <param name="most">The largest number of changes to return.</param>
    Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most);

    /// <summary>The text that a change made, if it is still remembered.</summary>
    Task<LiveEntry?> RecallAsync(long version);

    /// <summary>Restores lost data to the store.</summary>
    /// <param name="known">All entries that the caller knows.</param>
    /// <returns>
    /// True when they are in the store now; false when nothing is lost any more, or another instance is giving it back.
    /// </returns>
    Task<bool> RestoreAsync(LiveRead known);

    /// <summary>Accepts the content of the store as complete, because no instance has restored the lost data.</summary>
    Task AcceptLossAsync();
}
