namespace Weir;

/// <summary>Count of a key or tenant. The true count lies between Count minus Error and Count.</summary>
public readonly record struct TopEntry(string Name, long Count, long Error);

/// <summary>Keys or tenants with the most decisions, or with the highest cost in one unit.</summary>
/// <param name="Since">Start of the count.</param>
/// <param name="Total">Number of all counted decisions, or their total cost.</param>
/// <param name="MostError">Upper bound of the entries' errors. Every name with a higher count has an entry.</param>
/// <param name="Missed">Maximum number of decisions not counted because their tenant was dropped.</param>
/// <param name="Entries">Entries, the highest count first.</param>
public sealed record TopList(DateTimeOffset Since, long Total, long MostError, long Missed, IReadOnlyList<TopEntry> Entries)
{
    // Combines two windows. A name without a counter in one window may have up to this window's least count there.
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
                // The name has counters in both windows: replace the assumed maximum by the real count.
                ? new TopEntry(counter.Name, known.Count - from!.Least + counter.Count, known.Error - from.Least + counter.Error)
                : new TopEntry(counter.Name, counter.Count + elsewhere, counter.Error + elsewhere);
        }
    }
}
