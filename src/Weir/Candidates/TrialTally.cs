using System.Collections.Concurrent;

namespace Weir;

/// <summary>Counts by limit and key how often a candidate decides differently. Bounded.</summary>
public sealed class TrialTally
{
    /// <summary>Maximum number of limits with their own count. Later limits share one.</summary>
    public const int MaxLimits = 500;

    /// <summary>Number of key counters; see <see cref="TrialKey"/>.</summary>
    public const int MaxKeys = 256;

    /// <summary>Name of the limits beyond <see cref="MaxLimits"/>; no limit can have this name.</summary>
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

    /// <summary>Start of the count.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Number of requests decided by both sides.</summary>
    public long Decisions => Volatile.Read(ref _decisions);

    /// <summary>Requests that were allowed and that the candidate would refuse.</summary>
    public long Stricter => Volatile.Read(ref _stricter);

    /// <summary>Requests that were refused and that the candidate would allow.</summary>
    public long Laxer => Volatile.Read(ref _laxer);

    /// <summary>Requests not tried: too many at a time, or no answer from the store.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>Refusals per limit of requests that the other side allowed.</summary>
    public IReadOnlyList<TrialLimit> Limits =>
        [.. _limits.Select(limit => new TrialLimit(limit.Key, Volatile.Read(ref limit.Value[0]), Volatile.Read(ref limit.Value[1]))).OrderByDescending(limit => limit.Stricter + limit.Laxer).ThenBy(limit => limit.Name, StringComparer.Ordinal)];

    /// <summary>Keys with the most differing decisions, the most frequent first.</summary>
    public IReadOnlyList<TrialKey> Keys(int most)
    {
        lock (_gate)
            return [.. _keys.Counters.ToArray().OrderByDescending(counter => counter.Count).Take(most).Select(KeyOf)];
    }

    /// <summary>True for the same document, whatever has changed of its tenants.</summary>
    internal bool IsOf(PolicySet candidate) => ReferenceEquals(candidate.Plans, _document);

    internal void Skip() => Interlocked.Increment(ref _skipped);

    internal void Count(in Decision live, in Decision candidate, string key)
    {
        if (live.Allowed != candidate.Allowed)
            CountDisagreement(live, candidate, key);
        // Incremented last, so that a counted decision always has its disagreement counted.
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

    /// <summary>The key comes last: unlike names of tenants and limits, a key may contain line feeds.</summary>
    private static string NameOf(bool stricter, in Decision refused, string key) => $"{(stricter ? 's' : 'l')}{refused.Tenant}\n{refused.Limit?.Name}\n{key}";

    private static TrialKey KeyOf(SpaceSaving.Counter counter)
    {
        string[] parts = counter.Name[1..].Split('\n', 3);
        return new TrialKey(parts[0], parts[2], parts[1], counter.Name[0] == 's', counter.Count, counter.Error);
    }
}

/// <summary>Refusals of requests that the other side allowed: Stricter by the candidate's limit, else Laxer.</summary>
public readonly record struct TrialLimit(string Name, long Stricter, long Laxer);

/// <summary>A key with many differing decisions. The true count lies between Count minus Error and Count.</summary>
public readonly record struct TrialKey(string Tenant, string Key, string Limit, bool Stricter, long Count, long Error);
