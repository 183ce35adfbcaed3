using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Plans by tenant, immutable: a change copies the one part of a thousand that it is in, and all others are shared.</summary>
/// <remarks>A look-up costs two trips to memory however many tenants there are; a tree of a hundred thousand would cost seventeen.</remarks>
internal sealed class TenantPlans
{
    private const int Parts = 1024;

    public static readonly TenantPlans None = new([.. Enumerable.Repeat(new Dictionary<string, Plan>(0, StringComparer.Ordinal), Parts)], 0);

    private readonly Dictionary<string, Plan>[] _parts;

    private TenantPlans(Dictionary<string, Plan>[] parts, int count)
    {
        _parts = parts;
        Count = count;
    }

    public int Count { get; }

    public bool TryGet(string tenant, [NotNullWhen(true)] out Plan? plan)
    {
        plan = null;
        return Count > 0 && _parts[PartOf(tenant)].TryGetValue(tenant, out plan);
    }

    /// <summary>The same with other plans; null leaves a tenant out. A part is copied once, however many of its tenants change.</summary>
    public TenantPlans With(IReadOnlyCollection<KeyValuePair<string, Plan?>> changes)
    {
        if (changes.Count == 0)
            return this;
        var parts = (Dictionary<string, Plan>[])_parts.Clone();
        int count = Count;
        foreach (var (tenant, plan) in changes)
        {
            int index = PartOf(tenant);
            if (parts[index] == _parts[index])
                parts[index] = new Dictionary<string, Plan>(parts[index], StringComparer.Ordinal);
            var part = parts[index];
            count -= part.Count;
            if (plan is null)
                part.Remove(tenant);
            else
                part[tenant] = plan;
            count += part.Count;
        }

        return new TenantPlans(parts, count);
    }

    private static int PartOf(string tenant) => string.GetHashCode(tenant, StringComparison.Ordinal) & (Parts - 1);
}
