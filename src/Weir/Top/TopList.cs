namespace Weir;

/// <summary>Count of a key or tenant; the true count lies between Count minus Error and Count.</summary>
public readonly record struct TopEntry(string Name, long Count, long Error);

/// <summary>A list of keys or tenants by decisions, or by cost in one unit.</summary>
/// <param name="Since">Begin of the count.</param>
/// <param name="Total">All counted decisions, or their cost.</param>
/// <param name="MostError">Upper bound of the errors; every name above it has an entry.</param>
/// <param name="Missed">Maximum number of a tenant's decisions not counted because the tenant was dropped.</param>
/// <param name="Entries">The entries, the most frequent first.</param>
public sealed record TopList(DateTimeOffset Since, long Total, long MostError, long Missed, IReadOnlyList<TopEntry> Entries)
{
    // Combines two windows. The least count of one window bounds the names that occur only in the other.
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
                // Counters in both windows: replaces the assumed maximum by the known count.
                ? new TopEntry(counter.Name, known.Count - from!.Least + counter.Count, known.Error - from.Least + counter.Error)
                : new TopEntry(counter.Name, counter.Count + elsewhere, counter.Error + elsewhere);
        }
    }
}
