using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Plans by tenant, immutable: a change copies one part of a thousand, and all others are shared.</summary>
/// <remarks>
/// A look-up costs two trips to memory however many tenants there are; a tree of a hundred thousand would cost
/// seventeen. A plan may be pending: it is compiled when it is first asked for, and then stands in its own place. All
/// who ask get the same plan, so nobody sees a change.
/// </remarks>
internal sealed class TenantPlans
{
    private const int Parts = 1024;

    public static readonly TenantPlans None = new([.. Enumerable.Repeat(new Dictionary<string, object>(0, StringComparer.Ordinal), Parts)], 0);

    /// <summary>A <see cref="Plan"/> or a <see cref="PendingPlan"/> for each tenant.</summary>
    private readonly Dictionary<string, object>[] _parts;

    private TenantPlans(Dictionary<string, object>[] parts, int count)
    {
        _parts = parts;
        Count = count;
    }

    /// <summary>The number of tenants, those included whose pending plan will turn out not to fit.</summary>
    public int Count { get; }

    // Not inlined: it is large, and most installations have no such plans.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryGet(string tenant, [NotNullWhen(true)] out Plan? plan)
    {
        plan = null;
        ref object place = ref CollectionsMarshal.GetValueRefOrNullRef(_parts[PartOf(tenant)], tenant);
        if (Unsafe.IsNullRef(ref place))
            return false;
        // Read once: another thread may put the plan there at any moment.
        object found = Volatile.Read(ref place);
        if (found is not PendingPlan pending)
        {
            plan = (Plan)found;
            return true;
        }

        plan = pending.Compile(tenant);
        if (plan is not null)
            Volatile.Write(ref place, plan);
        return plan is not null;
    }

    /// <summary>Whether a tenant has a plan here, be it pending.</summary>
    public bool Has(string tenant) => Count > 0 && _parts[PartOf(tenant)].ContainsKey(tenant);

    /// <summary>The same with other plans; null leaves a tenant out. A part is copied once, however many of its tenants change.</summary>
    /// <param name="changes">
    /// A <see cref="Plan"/>, a <see cref="PendingPlan"/> or null for each tenant that changes.
    /// </param>
    public TenantPlans With(IEnumerable<KeyValuePair<string, object?>> changes)
    {
        var parts = (Dictionary<string, object>[])_parts.Clone();
        int count = Count;
        foreach (var (tenant, plan) in changes)
        {
            int index = PartOf(tenant);
            if (parts[index] == _parts[index])
                parts[index] = new Dictionary<string, object>(parts[index], StringComparer.Ordinal);
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

    /// <summary>
    /// Compiles all pending plans, part by part, and says of each part that had some what does not fit.
    /// </summary>
    public IEnumerable<IReadOnlyList<PolicyError>> CompileAll() =>
        from part in _parts
        let pending = part.Where(tenant => tenant.Value is PendingPlan).ToList()
        where pending.Count > 0
        select (IReadOnlyList<PolicyError>)[.. pending.Where(tenant => !TryGet(tenant.Key, out _)).SelectMany(tenant => ((PendingPlan)tenant.Value).ErrorsOf(tenant.Key))];

    private static int PartOf(string tenant) => string.GetHashCode(tenant, StringComparison.Ordinal) & (Parts - 1);
}

/// <summary>
/// A tenant's plan that is compiled when it is first asked for. It has no end, and so follows from the texts alone.
/// </summary>
/// <param name="document">The document over which it lies.</param>
/// <param name="layers">The texts of the tenant.</param>
internal sealed class PendingPlan(PolicySet document, TenantLayers layers)
{
    private volatile bool _isMisfit;

    /// <summary>The plan; null when the texts do not fit the document.</summary>
    public Plan? Compile(string tenant)
    {
        if (_isMisfit)
            return null;
        var plan = layers.Compile(document, tenant, DateTimeOffset.MinValue).Plan;
        _isMisfit = plan is null;
        return plan;
    }

    /// <summary>Why the texts do not fit the document.</summary>
    public IReadOnlyList<PolicyError> ErrorsOf(string tenant) =>
        layers.Compile(document, tenant, DateTimeOffset.MinValue).Errors;
}
