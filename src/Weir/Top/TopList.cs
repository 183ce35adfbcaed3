namespace Weir;

/// <summary>A key, or a tenant, with how often it was decided, or how much it cost in one unit.</summary>
/// <param name="Name">The key, or the tenant.</param>
/// <param name="Count">Upper bound of its count.</param>
/// <param name="Error">
/// The true count is from <paramref name="Count"/> - <paramref name="Error"/> to <paramref name="Count"/>.
/// </param>
public readonly record struct TopEntry(string Name, long Count, long Error);

/// <summary>A list of keys or tenants by decisions, or by cost in one unit.</summary>
/// <param name="Since">From when on it was counted.</param>
/// <param name="Total">All decisions that were counted for it, or all that they cost.</param>
/// <param name="MostError">No entry's error is above it, and whatever was decided more often has an entry.</param>
/// <param name="Missed">
/// Of keys: maximum number of the tenant's decisions that are not in the total, because it was dropped for other
/// tenants.
/// </param>
/// <param name="Entries">The entries, the most frequent first.</param>
public sealed record TopList(DateTimeOffset Since, long Total, long MostError, long Missed, IReadOnlyList<TopEntry> Entries)
{
    /// <summary>
    /// Combines two windows. A name with a counter in only one of them occurred in the other at most as often as the
    /// smallest counter there.
    /// </summary>
    internal static TopList Of(DateTimeOffset since, long missed, SpaceSaving? before, SpaceSaving? now)
    {
        var entries = new Dictionary<string, TopEntry>(StringComparer.Ordinal);
        Gather(entries, before, now?.Least ?? 0);
        Gather(entries, now, before?.Least ?? 0);
        return new TopList(
            since,
            (before?.Total ?? 0) + (now?.Total ?? 0),
            (before?.MostError ?? 0) + (now?.MostError ?? 0),
            missed,
            [.. entries.Values.OrderByDescending(entry => entry.Count).ThenBy(entry => entry.Error).ThenBy(entry => entry.Name, StringComparer.Ordinal)]);
    }

    private static void Gather(Dictionary<string, TopEntry> entries, SpaceSaving? from, long elsewhere)
    {
        foreach (var counter in from is null ? [] : from.Counters)
        {
            entries[counter.Name] = entries.TryGetValue(counter.Name, out var known)
                // It has a counter in both, so that what the first took for granted of the second is known.
                ? new TopEntry(counter.Name, known.Count - from!.Least + counter.Count, known.Error - from.Least + counter.Error)
                : new TopEntry(counter.Name, counter.Count + elsewhere, counter.Error + elsewhere);
        }
    }
}
