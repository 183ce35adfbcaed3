namespace Weir;

/// <summary>
/// The live texts of all keys that have other numbers than their tenant, also of those that do not fit at the moment.
/// </summary>
internal sealed class LiveKeys
{
    private readonly Dictionary<(string Tenant, string Key), string> _texts = [];
    private readonly Dictionary<string, HashSet<string>> _byTenant = new(StringComparer.Ordinal);
    private readonly Deadlines _ends = new();
    private readonly Deadlines _stored = new();

    /// <summary>When the next text ends.</summary>
    public DateTimeOffset? Next => _ends.Next;

    /// <summary>All keys.</summary>
    public IReadOnlyCollection<(string Tenant, string Key)> Names => _texts.Keys;

    /// <summary>The ids of texts that have ended by a time, and are there still.</summary>
    public IEnumerable<string> EndedBy(DateTimeOffset time) => _stored.EndedBy(time);

    /// <summary>The keys of some tenants.</summary>
    public IEnumerable<(string Tenant, string Key)> Of(IEnumerable<string> tenants) =>
        tenants.SelectMany(tenant => _byTenant.TryGetValue(tenant, out var keys) ? keys.Select(key => (tenant, key)) : []);

    /// <summary>Remembers the text of a key; null forgets it.</summary>
    public void Set((string Tenant, string Key) name, string? text)
    {
        var until = text is null ? null : PolicyDocument.EndOfKey(text);
        _ends.Set(KeyId.Of(name), until);
        _stored.Set(KeyId.Of(name), until);
        if (text is not null)
        {
            _texts[name] = text;
            if (!_byTenant.TryGetValue(name.Tenant, out var keys))
                _byTenant[name.Tenant] = keys = new(StringComparer.Ordinal);
            keys.Add(name.Key);
        }
        else if (_texts.Remove(name) && _byTenant[name.Tenant] is var left && left.Remove(name.Key) && left.Count == 0)
            _byTenant.Remove(name.Tenant);
    }

    /// <summary>Returns the keys whose texts have ended by a time, once.</summary>
    public List<(string Tenant, string Key)> TakeEnded(DateTimeOffset time)
    {
        string[] ended = [.. _ends.EndedBy(time)];
        foreach (string id in ended)
            _ends.Set(id, null);
        return [.. ended.Select(KeyId.Read).OfType<(string, string)>()];
    }

    /// <summary>
    /// The plans of some keys over those of their tenants, compiled when they are asked for; null where none holds.
    /// </summary>
    /// <param name="document">The document.</param>
    /// <param name="tenants">The live texts of all tenants.</param>
    /// <param name="names">The keys.</param>
    /// <param name="now">The time; a text that has ended by then does not hold.</param>
    public List<KeyValuePair<(string Tenant, string Key), object?>> Lay(
        PolicySet document, LiveTenants tenants, IEnumerable<(string Tenant, string Key)> names, DateTimeOffset now) =>
        [.. names.Select(name => KeyValuePair.Create(name, (object?)PendingOf(document, tenants[name.Tenant], name, now)))];

    /// <summary>Says which keys do not fit a document and what their tenants have, and changes nothing.</summary>
    /// <param name="document">The document.</param>
    /// <param name="layersOf">The live texts of a tenant.</param>
    /// <param name="names">The keys.</param>
    /// <param name="now">The time; a text that has ended by then fits.</param>
    public IEnumerable<PolicyError> Misfits(
        PolicySet document, Func<string, TenantLayers> layersOf, IEnumerable<(string Tenant, string Key)> names, DateTimeOffset now) =>
        from name in names
        where _texts.ContainsKey(name) && !(PolicyDocument.EndOfKey(_texts[name]) <= now)
        let errors = PolicyDocument.CompileKey(document, name, _texts[name], layersOf(name.Tenant).TextOf(document, name.Tenant, now)).Errors
        where errors.Count > 0
        select new PolicyError(
            $"key {name.Key} of tenant {name.Tenant}", 0, 0, "",
            $"key {name.Key} of tenant {name.Tenant} has live numbers that would not fit: {errors[0].Path}: {errors[0].Message}; change or DELETE /admin/tenants/{name.Tenant}/keys/{Uri.EscapeDataString(name.Key)} first");

    /// <summary>Forgets all keys.</summary>
    public void Clear()
    {
        _texts.Clear();
        _byTenant.Clear();
        _ends.Clear();
        _stored.Clear();
    }

    private PendingPlan<(string Tenant, string Key)>? PendingOf(PolicySet document, TenantLayers layers, (string Tenant, string Key) name, DateTimeOffset now)
    {
        if (!_texts.TryGetValue(name, out string? text) || PolicyDocument.EndOfKey(text) <= now)
            return null;
        return new PendingPlan<(string Tenant, string Key)>(key => PolicyDocument.CompileKey(document, key, text, layers.TextOf(document, key.Tenant, now)));
    }
}

/// <summary>The id of what live data says of one key of a tenant: the tenant, a slash and the key.</summary>
internal static class KeyId
{
    /// <summary>The id of a key.</summary>
    public static string Of((string Tenant, string Key) name) => Block.IdOf(name.Tenant, name.Key);

    /// <summary>The tenant and the key of an id; null if it has none.</summary>
    public static (string Tenant, string Key)? Read(string id) => Block.TryReadId(id, out var names) ? names : null;
}
