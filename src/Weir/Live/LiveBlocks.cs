using System.Collections.Immutable;

namespace Weir;

internal sealed class LiveBlocks
{
    private readonly Deadlines _ends = new();
    private readonly Deadlines _stored = new();

    public ImmutableDictionary<(string Tenant, string Key), Block> Now { get; private set; } = ImmutableDictionary<(string, string), Block>.Empty;

    public DateTimeOffset? Next => _ends.Next;

    public IEnumerable<string> EndedBy(DateTimeOffset time) => _stored.EndedBy(time);

    public void Set((string Tenant, string Key) names, Block? block, DateTimeOffset now)
    {
        string id = KeyId.Of(names.Tenant, names.Key);
        bool holds = block is not null && !(block.Until <= now);
        Now = holds ? Now.SetItem(names, block!) : Now.Remove(names);
        _ends.Set(id, holds ? block!.Until : null);
        _stored.Set(id, block?.Until);
    }

    public void Expire(DateTimeOffset now)
    {
        foreach (string id in _ends.EndedBy(now).ToList())
        {
            if (KeyId.Read(id) is { } names)
                Now = Now.Remove(names);
            _ends.Set(id, null);
        }
    }

    public void Clear()
    {
        Now = Now.Clear();
        _ends.Clear();
        _stored.Clear();
    }
}
