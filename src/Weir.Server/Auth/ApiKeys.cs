using Microsoft.Extensions.Primitives;

namespace Weir.Server;

/// <summary>Holds configured and live keys. Safe for concurrent use: a lookup reads one immutable ring.</summary>
internal sealed class ApiKeys
{
    private readonly Lock _gate = new();
    private volatile IReadOnlyList<ApiKey> _configured;
    private readonly TimeProvider _time;
    private Dictionary<string, ApiKey> _live = new(StringComparer.Ordinal);
    private volatile KeyRing _ring;
    private volatile bool _isComplete;

    public ApiKeys(IReadOnlyList<ApiKey> configured, TimeProvider time)
    {
        _configured = configured;
        _time = time;
        _ring = new KeyRing(configured);
    }

    /// <summary>True once live data has been read. Until then, no key may be rejected as invalid.</summary>
    public bool IsComplete => _isComplete;

    public IEnumerable<ApiKey> ConfiguredAfter(string id) =>
        _configured.Where(key => key.Id != ApiKey.AdminId && string.CompareOrdinal(key.Id, id) > 0);

    public ApiKey? OfId(string id)
    {
        lock (_gate)
            return _live.GetValueOrDefault(id);
    }

    public ApiKey? Find(StringValues header) => _ring.Find(header, _time);

    public ApiKey? Find(ReadOnlySpan<byte> secret) => _ring.Find(secret, _time);

    /// <summary>Returns the current version of a key; null if the key is revoked or expired.</summary>
    public ApiKey? Renewed(ApiKey key) => _ring.OfHash(key.Hash, _time);

    public bool IsConfigured(string id) => _configured.Any(key => key.Id == id);

    public void UseConfigured(IReadOnlyList<ApiKey> configured)
    {
        lock (_gate)
        {
            _configured = configured;
            _ring = new KeyRing(configured.Concat(_live.Values));
        }
    }

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
