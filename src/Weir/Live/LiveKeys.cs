namespace Weir;

/// <summary>Live overrides of all keys as texts, including texts that the current document rejects.</summary>
internal sealed class LiveKeys
{
    private readonly Dictionary<(string Tenant, string Key), (string Text, DateTimeOffset? Until)> _texts = [];
    private readonly Dictionary<string, HashSet<string>> _byTenant = new(StringComparer.Ordinal);
    private readonly Deadlines _ends = new();
    private readonly Deadlines _stored = new();

    public DateTimeOffset? Next => _ends.Next;

    public IReadOnlyCollection<(string Tenant, string Key)> Names => _texts.Keys;

    public IEnumerable<string> EndedBy(DateTimeOffset time) => _stored.EndedBy(time);

    public IEnumerable<(string Tenant, string Key)> Of(IEnumerable<string> tenants) =>
        tenants.SelectMany(tenant => _byTenant.TryGetValue(tenant, out var keys) ? keys.Select(key => (tenant, key)) : []);

    public void Set((string Tenant, string Key) name, string? text)
    {
        var until = text is null ? null : PolicyDocument.EndOfKey(text)?.Time;
        string id = KeyId.Of(name.Tenant, name.Key);
        _ends.Set(id, until);
        _stored.Set(id, until);
        if (text is not null)
        {
            _texts[name] = (text, until);
            if (!_byTenant.TryGetValue(name.Tenant, out var keys))
                _byTenant[name.Tenant] = keys = new(StringComparer.Ordinal);
            keys.Add(name.Key);
        }
        else if (_texts.Remove(name) && _byTenant[name.Tenant] is var left && left.Remove(name.Key) && left.Count == 0)
            _byTenant.Remove(name.Tenant);
    }

    public List<(string Tenant, string Key)> TakeEnded(DateTimeOffset time)
    {
        string[] ended = [.. _ends.EndedBy(time)];
        foreach (string id in ended)
            _ends.Set(id, null);
        return [.. ended.Select(KeyId.Read).OfType<(string, string)>()];
    }

    public List<KeyValuePair<(string Tenant, string Key), object?>> Lay(
        PolicySet document, LiveTenants tenants, IEnumerable<(string Tenant, string Key)> names, DateTimeOffset now) =>
        [.. names.Select(name => KeyValuePair.Create(name, (object?)PendingOf(document, tenants[name.Tenant], name, now)))];

    // Returns the errors of overrides that a document rejects for their tenant. Compiles each text of a tenant only
    // once, except for keys that also have other overrides.
    public IEnumerable<PolicyError> Misfits(
        PolicySet document, Func<string, TenantLayers> layersOf, IEnumerable<(string Tenant, string Key)> names, DateTimeOffset now)
    {
        foreach (var keys in names.GroupBy(name => name.Tenant))
        {
            var tenant = layersOf(keys.Key).TextOf(document, keys.Key, now);
            var held = keys.Select(name => (Name: name, Text: HeldText(name, now))).Where(key => key.Text is not null);
            foreach (var (name, text) in held.DistinctBy(key => (key.Text, HasNumbers(key.Name.Key) ? key.Name.Key : null)))
            {
                var errors = PolicyDocument.CompileKey(document, name, text!, tenant).Errors;
                if (errors.Count > 0)
                    yield return Misfit(name, errors[0]);
            }

            bool HasNumbers(string key) => document.Compiler?.IsKeyOfPlan(key) == true || tenant?.Keys.ContainsKey(key) == true;
        }
    }

    private static PolicyError Misfit((string Tenant, string Key) name, PolicyError error) => new(
        $"key {name.Key} of tenant {name.Tenant}", 0, 0, "",
        $"key {name.Key} of tenant {name.Tenant} has live numbers that would not fit: {error.Path}: {error.Message}; "
            + $"change or DELETE /admin/tenants/{name.Tenant}/keys/{Uri.EscapeDataString(name.Key)} first");

    public void Clear()
    {
        _texts.Clear();
        _byTenant.Clear();
        _ends.Clear();
        _stored.Clear();
    }

    private PendingPlan<(string Tenant, string Key)>? PendingOf(
        PolicySet document, TenantLayers layers, (string Tenant, string Key) name, DateTimeOffset now) =>
        HeldText(name, now) is not { } text
            ? null
            : new(key => PolicyDocument.CompileKey(document, key, text, layers.TextOf(document, key.Tenant, now)));

    private string? HeldText((string Tenant, string Key) name, DateTimeOffset now) =>
        _texts.TryGetValue(name, out var held) && !(held.Until <= now) ? held.Text : null;
}
