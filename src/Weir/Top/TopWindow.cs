namespace Weir;

/// <summary>
/// The counts of one window of time: the busiest tenants, and the busiest keys of each. Tenants compete for their
/// counters as keys do, so that however many are invented, those with much traffic stay.
/// </summary>
/// <remarks>Not safe for concurrent use.</remarks>
internal sealed class TopWindow(int tenants, int keys)
{
    private readonly SpaceSaving _tenants = new(tenants);

    /// <summary>
    /// The keys of the tenant at the same slot; made when first needed, and reused for the next tenant of the slot.
    /// </summary>
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

    /// <summary>The keys of a tenant; null when it has no counter.</summary>
    /// <param name="tenant">The tenant.</param>
    /// <param name="hash">Its hash.</param>
    /// <param name="missed">Maximum number of its decisions that are not counted.</param>
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
