namespace Weir.Simulation.Worlds;

/// <summary>Which permits were held when, as the callers know it: from the decision to the release or the permit timeout.</summary>
internal sealed class PermitLog
{
    private readonly Dictionary<(UInt128 Holder, string Key), (long FromUs, long UntilUs, long Permits)> _held = [];

    /// <summary>Permits were handed out.</summary>
    public void Hold(in LimitSet limits, Limit limit, long atUs)
    {
        if (limit.Quota is ConcurrencyQuota quota && limits.Holder is { } holder)
            _held[(holder.Id, limits.Facts.Key)] = (atUs, atUs + limits.LeaseUs(quota), limit.Cost);
    }

    /// <summary>A holder releases its permits.</summary>
    public void Release(in LimitSet limits, long atUs)
    {
        if (limits.Holder is { } holder && _held.TryGetValue((holder.Id, limits.Facts.Key), out var held))
            _held[(holder.Id, limits.Facts.Key)] = held with { UntilUs = Math.Min(held.UntilUs, atUs) };
    }

    /// <summary>Returns the largest number of permits that were held at the same time.</summary>
    public long Most()
    {
        long most = 0;
        foreach (var key in _held.GroupBy(held => held.Key.Key, held => held.Value))
        {
            long now = 0;
            // Who releases at a moment does so before others take.
            var begins = key.Select(held => (At: held.FromUs, Change: held.Permits));
            var ends = key.Select(held => (At: Math.Max(held.UntilUs, held.FromUs), Change: -held.Permits));
            foreach (var (_, change) in begins.Concat(ends).OrderBy(change => change))
                most = Math.Max(most, now += change);
        }

        return most;
    }
}
