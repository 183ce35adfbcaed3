namespace Weir;

// Busiest tenants of a window, and the busiest keys of each. Not thread-safe. Tenants compete for counters, so that
// invented tenants cannot displace busy ones.
internal sealed class TopWindow(int tenants, int keys)
{
    private readonly SpaceSaving _tenants = new(tenants);

    /// <summary>Keys of the tenant in the same slot; reused for the slot's next tenant.</summary>
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

    /// <summary>Returns the keys of a tenant, null without a counter, and the maximum of uncounted decisions.</summary>
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
