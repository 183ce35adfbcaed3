namespace Weir;

/// <summary>Counts one window: decisions, and their cost in each unit. Not thread-safe.</summary>
internal sealed class TopPeriod
{
    private readonly (TopWindow Denied, TopWindow Allowed) _decisions = NewWindows();
    private readonly Dictionary<string, (TopWindow Denied, TopWindow Allowed)> _units = new(StringComparer.Ordinal);

    public void Add(in TopRecord record)
    {
        var windows = _decisions;
        if (record.Unit is { } unit && !_units.TryGetValue(unit, out windows))
        {
            if (_units.Count == TopKeys.MaxUnits)
                return;
            _units[unit] = windows = NewWindows();
        }

        (record.Allowed ? windows.Allowed : windows.Denied).Add(record);
    }

    public TopWindow? Of(string? unit, bool allowed)
    {
        var windows = unit is null ? _decisions : _units.GetValueOrDefault(unit);
        return allowed ? windows.Allowed : windows.Denied;
    }

    public void Clear()
    {
        _decisions.Denied.Clear();
        _decisions.Allowed.Clear();
        _units.Clear();
    }

    private static (TopWindow Denied, TopWindow Allowed) NewWindows() =>
        (new(TopKeys.MaxTenants, TopKeys.CountersPerTenant), new(TopKeys.MaxTenants, TopKeys.CountersPerTenant));
}
