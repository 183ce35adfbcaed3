namespace Weir;

// Counts the busiest tenants of a window, and the busiest keys of each tenant. Tenants compete for counters, so that
// invented tenants cannot displace busy tenants. Not thread-safe.
internal sealed class TopWindow(int tenants, int keys)
{
    private readonly SpaceSaving _tenants = new(tenants);

    /// <summary>Key counters per tenant, by index of the tenant's counter; reused by an index's next tenant.</summary>
    private readonly SpaceSaving?[] _keys = new SpaceSaving?[tenants];

    public SpaceSaving Tenants => _tenants;

    public void Add(in TopRecord record)
    {
        int slot = _tenants.Add(record.Tenant, record.TenantHash, record.Amount, out bool isNew);
        var own = _keys[slot] ??= new SpaceSaving(keys);
        if (isNew)
            own.Clear();
        own.Add(record.Key, record.KeyHash, record.Amount, out _);
    }

    // Returns a tenant's key counters, or null without a counter; missed: maximum number of uncounted decisions.
    public SpaceSaving? KeysOf(string tenant, ulong hash, out long missed)
    {
        int slot = _tenants.SlotOf(tenant, hash);
        missed = slot < 0 ? _tenants.Least : _tenants.Counters[slot].Error;
        return slot < 0 ? null : _keys[slot];
    }

    public void Clear()
    {
        _tenants.Clear();
        foreach (var own in _keys)
            own?.Clear();
    }
}
