using System.Collections.Concurrent;

namespace Weir;

/// <summary>
/// How often a candidate decided otherwise than what decides now, since it is tried: by limit, and the keys that it
/// concerns most. Bounded.
/// </summary>
public sealed class TrialTally
{
    /// <summary>Limits with counts of their own. Later ones share one count.</summary>
    public const int MaxLimits = 500;

    /// <summary>Counters of keys; see <see cref="TrialKey"/>.</summary>
    public const int MaxKeys = 256;

    /// <summary>The name of all limits beyond <see cref="MaxLimits"/>; no limit can be called that.</summary>
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

    /// <summary>Since when is counted.</summary>
    public DateTimeOffset Since { get; }

    /// <summary>Decisions that were made twice.</summary>
    public long Decisions => Volatile.Read(ref _decisions);

    /// <summary>Requests that were allowed, and that the candidate would refuse.</summary>
    public long Stricter => Volatile.Read(ref _stricter);

    /// <summary>Requests that were refused, and that the candidate would allow.</summary>
    public long Laxer => Volatile.Read(ref _laxer);

    /// <summary>Requests that were not tried: too many at a time, or the store did not answer.</summary>
    public long Skipped => Volatile.Read(ref _skipped);

    /// <summary>How often each limit refused a request that the other side allowed.</summary>
    public IReadOnlyList<TrialLimit> Limits =>
        [.. _limits.Select(limit => new TrialLimit(limit.Key, Volatile.Read(ref limit.Value[0]), Volatile.Read(ref limit.Value[1]))).OrderByDescending(limit => limit.Stricter + limit.Laxer).ThenBy(limit => limit.Name, StringComparer.Ordinal)];

    /// <summary>The keys that were most often decided otherwise, the most frequent first.</summary>
    public IReadOnlyList<TrialKey> Keys(int most)
    {
        lock (_gate)
            return [.. _keys.Counters.ToArray().OrderByDescending(counter => counter.Count).Take(most).Select(KeyOf)];
    }

    /// <summary>True while the candidate is the same document, whatever was changed of its tenants.</summary>
    internal bool IsOf(PolicySet candidate) => ReferenceEquals(candidate.Plans, _document);

    internal void Skip() => Interlocked.Increment(ref _skipped);

    internal void Count(in Decision live, in Decision candidate, string key)
    {
        if (live.Allowed != candidate.Allowed)
            CountDisagreement(live, candidate, key);
        // Last, so that a report that counts a decision counts its disagreement too.
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

    /// <summary>Names of tenants and limits hold no line feed; a key may, and so comes last.</summary>
    private static string NameOf(bool stricter, in Decision refused, string key) => $"{(stricter ? 's' : 'l')}{refused.Tenant}\n{refused.Limit?.Name}\n{key}";

    private static TrialKey KeyOf(SpaceSaving.Counter counter)
    {
        string[] parts = counter.Name[1..].Split('\n', 3);
        return new TrialKey(parts[0], parts[2], parts[1], counter.Name[0] == 's', counter.Count, counter.Error);
    }
}

/// <summary>A limit that refused requests that the other side allowed.</summary>
/// <param name="Name">
/// The limit: of the candidate if the candidate is stricter, of the current policies if it is laxer.
/// </param>
/// <param name="Stricter">How often the candidate's refused.</param>
/// <param name="Laxer">How often that of now refused.</param>
public readonly record struct TrialLimit(string Name, long Stricter, long Laxer);

/// <summary>A key that was often decided otherwise.</summary>
/// <param name="Tenant">Whose.</param>
/// <param name="Key">The key.</param>
/// <param name="Limit">The limit that refused it.</param>
/// <param name="Stricter">True when the candidate would refuse it, false when it would allow it.</param>
/// <param name="Count">Upper bound of its count.</param>
/// <param name="Error">
/// The true count is at most this much lower, since there are only <see cref="TrialTally.MaxKeys"/> counters.
/// </param>
public readonly record struct TrialKey(string Tenant, string Key, string Limit, bool Stricter, long Count, long Error);
