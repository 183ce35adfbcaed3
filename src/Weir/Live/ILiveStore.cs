namespace Weir;

/// <summary>Where live data is kept: versioned by one count for all of it, with a trail of who changed what.</summary>
public interface ILiveStore
{
    /// <summary>Something may have changed; raised on any thread. Only a hint: whoever misses it finds out by reading now and then.</summary>
    event Action? Changed;

    /// <summary>What has changed since a version; null when the store does not answer.</summary>
    /// <param name="since">The version that is known; 0 for everything.</param>
    Task<LiveRead?> ReadAsync(long since);

    /// <summary>Changes one entry.</summary>
    /// <param name="kind">What it is about.</param>
    /// <param name="id">Which of its kind.</param>
    /// <param name="value">Its text; null deletes it.</param>
    /// <param name="who">Who changes it.</param>
    /// <param name="expected">The version it must have now, 0 for none; null for any.</param>
    /// <param name="known">The version up to which the caller knows; a store that is behind that changes nothing.</param>
    /// <param name="exact">Whether a store that is ahead of it changes nothing either, since the change was judged by what is known.</param>
    Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, long known, bool exact = false);

    /// <summary>The changes that are remembered, newest first; null when the store does not answer.</summary>
    /// <param name="before">Only those before this version.</param>
    /// <param name="most">How many at most.</param>
    Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most);

    /// <summary>The text that a change made, if it is still remembered.</summary>
    Task<LiveEntry?> RecallAsync(long version);

    /// <summary>Gives back what a store has lost that began anew: everything that is known, if the store knows less.</summary>
    Task RestoreAsync(LiveRead known);
}
