using System.Collections.Concurrent;

namespace Weir;

/// <summary>Counts the requests that a candidate decides differently, by limit and by key. Memory is bounded.</summary>
public sealed class TrialTally
{
    /// <summary>Maximum number of limits with their own count; further limits count as <see cref="Others"/>.</summary>
    public const int MaxLimits = 500;

    /// <summary>Maximum number of keys with a counter; see <see cref="TrialKey"/> for the error of a count.</summary>
    public const int MaxKeys = 256;

    /// <summary>Stands for all limits beyond <see cref="MaxLimits"/>; no limit can have this name.</summary>
    public const string Others = "~others";

    private readonly ConcurrentDictionary<string, long[]> _limits = new(StringComparer.Ordinal);
    private readonly SpaceSaving _keys = new(MaxKeys);
    private readonly Lock _gate = new();
    private readonly object _document;
    private long _decisions;
    private long _stricter;
    private long _laxer;
    private long _skipped;

    internal TrialTally(PolicySet candidate, DateTimeOffset since)
    {
        _document = candidate.Plans;
        Since = since;
    }

    /// <summary>Time at which the count started.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Number of requests decided under both the live and the candidate policies.</summary>
    public long Decisions => Volatile.Read(ref _decisions);

    /// <summary>Number of requests that were allowed and that the candidate would refuse.</summary>
    public long Stricter => Volatile.Read(ref _stricter);

    /// <summary>Number of requests that were refused and that the candidate would allow.</summary>
    public long Laxer => Volatile.Read(ref _laxer);

    /// <summary>Number of requests not tried, because too many trials were under way or the store failed.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Differing decisions by limit, the limit with the most first.</summary>
    public IReadOnlyList<TrialLimit> Limits =>
        [.. _limits.Select(limit => new TrialLimit(limit.Key, Volatile.Read(ref limit.Value[0]), Volatile.Read(ref limit.Value[1]))).OrderByDescending(limit => limit.Stricter + limit.Laxer).ThenBy(limit => limit.Name, StringComparer.Ordinal)];

    /// <summary>Returns at most <paramref name="most"/> keys, in descending order of differing decisions.</summary>
    public IReadOnlyList<TrialKey> Keys(int most)
    {
        lock (_gate)
            return [.. _keys.Counters.ToArray().OrderByDescending(counter => counter.Count).Take(most).Select(KeyOf)];
    }

    /// <summary>True if a candidate has the same document as this tally. Live overrides may differ.</summary>
    internal bool IsOf(PolicySet candidate) => ReferenceEquals(candidate.Plans, _document);

    internal void Skip() => Interlocked.Increment(ref _skipped);

    internal void Count(in Decision live, in Decision candidate, string key)
    {
        if (live.Allowed != candidate.Allowed)
            CountDisagreement(live, candidate, key);
        // Increment the total last, so that every decision in the total has its difference counted.
        Interlocked.Increment(ref _decisions);
    }

    private void CountDisagreement(in Decision live, in Decision candidate, string key)
    {
        bool stricter = live.Allowed;
        Interlocked.Increment(ref stricter ? ref _stricter : ref _laxer);
        var refused = stricter ? candidate : live;
        foreach (var line in refused.Limits())
        {
            if (!line.Allowed && line.Limit.Mode == LimitMode.Enforce)
                Interlocked.Increment(ref CountsOf(line.Limit.Name)[stricter ? 0 : 1]);
        }

        Count(NameOf(stricter, refused, key));
    }

    private void Count(string name)
    {
        lock (_gate)
            _keys.Add(name, (uint)string.GetHashCode(name, StringComparison.Ordinal), amount: 1, out _);
    }

    private long[] CountsOf(string limit) =>
        _limits.TryGetValue(limit, out var counts) ? counts : _limits.GetOrAdd(_limits.Count < MaxLimits ? limit : Others, static _ => new long[2]);

    // Joins direction, tenant, limit and key into one name. The key comes last because it may contain line feeds.
    private static string NameOf(bool stricter, in Decision refused, string key) => $"{(stricter ? 's' : 'l')}{refused.Tenant}\n{refused.Limit?.Name}\n{key}";

    private static TrialKey KeyOf(SpaceSaving.Counter counter)
    {
        string[] parts = counter.Name[1..].Split('\n', 3);
        return new TrialKey(parts[0], parts[2], parts[1], counter.Name[0] == 's', counter.Count, counter.Error);
    }
}

/// <summary>Differing decisions of a limit: Stricter if only the candidate refuses, Laxer if only it allows.</summary>
public readonly record struct TrialLimit(string Name, long Stricter, long Laxer);

/// <summary>A key's differing decisions; Count is up to Error too high. Stricter: only the candidate refuses.</summary>
public readonly record struct TrialKey(string Tenant, string Key, string Limit, bool Stricter, long Count, long Error);
