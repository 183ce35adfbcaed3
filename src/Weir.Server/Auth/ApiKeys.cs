using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>
/// The keys of now: those of the configuration, which stay, and those of the live data, which come and go.
/// </summary>
/// <remarks>Safe for concurrent use: changes are made one by one, and a request reads one reference.</remarks>
internal sealed class ApiKeys
{
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<ApiKey> _configured;
    private readonly TimeProvider _time;
    private Dictionary<string, ApiKey> _live = new(StringComparer.Ordinal);
    private volatile KeyRing _ring;
    private volatile bool _isComplete;

    /// <param name="configured">The keys of the configuration.</param>
    /// <param name="time">Ends keys that have an end.</param>
    public ApiKeys(IReadOnlyList<ApiKey> configured, TimeProvider time)
    {
        _configured = configured;
        _time = time;
        _ring = new KeyRing(configured);
    }

    /// <summary>
    /// False until live data has been read once: an instance that starts while Redis is away knows the keys of its
    /// configuration only, and must not call another one wrong.
    /// </summary>
    public bool IsComplete => _isComplete;

    /// <summary>The keys of the configuration after an id, but the one that is <c>Weir:Auth:AdminKey</c>.</summary>
    public IEnumerable<ApiKey> ConfiguredAfter(string id) =>
        _configured.Where(key => key.Id != ApiKey.AdminId && string.CompareOrdinal(key.Id, id) > 0);

    /// <summary>The live key of an id; null when there is none that can be read.</summary>
    public ApiKey? OfId(string id)
    {
        lock (_gate)
            return _live.GetValueOrDefault(id);
    }

    /// <inheritdoc cref="KeyRing.Find(StringValues, TimeProvider)"/>
    public ApiKey? Find(StringValues header) => _ring.Find(header, _time);

    /// <summary>The key of a secret in UTF-8; null if it opens nothing (any more).</summary>
    public ApiKey? Find(ReadOnlySpan<byte> secret) => _ring.Find(secret, _time);

    /// <summary>The same key as it is now; null if it is revoked or its time is over.</summary>
    public ApiKey? Renewed(ApiKey key) => _ring.OfHash(key.Hash, _time);

    /// <summary>Whether the configuration has a key of this id.</summary>
    public bool IsConfigured(string id) => _configured.Any(key => key.Id == id);

    /// <summary>Replaces the keys of the configuration, all of them at once.</summary>
    public void UseConfigured(IReadOnlyList<ApiKey> configured)
    {
        lock (_gate)
        {
            _configured = configured;
            _ring = new KeyRing(configured.Concat(_live.Values));
        }
    }

    /// <summary>Takes over what has changed elsewhere, all of it at once.</summary>
    /// <param name="read">What has changed; if it is whole, all other live keys are gone.</param>
    /// <returns>What could not be taken over, and why.</returns>
    public IReadOnlyList<string> Apply(LiveRead read)
    {
        lock (_gate)
        {
            var entries = read.Entries.Where(entry => entry.Kind == LiveKind.Key).ToList();
            if (!read.IsWhole && entries.Count == 0)
            {
                _isComplete = true;
                return [];
            }

            var live = read.IsWhole ? new(StringComparer.Ordinal) : new Dictionary<string, ApiKey>(_live, StringComparer.Ordinal);
            var unreadable = new List<string>();
            foreach (var entry in entries)
            {
                live.Remove(entry.Id);
                if (entry.Value is not null && ApiKey.FromJson(entry.Id, entry.Value) is { } key)
                    live[entry.Id] = key;
                else if (entry.Value is not null)
                    unreadable.Add($"the key {entry.Id} cannot be read, and opens nothing: revoke it, and create another");
            }

            _live = live;
            _ring = new KeyRing(_configured.Concat(live.Values));
            _isComplete = true;
            return unreadable;
        }
    }
}
