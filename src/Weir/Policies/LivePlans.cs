using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir;

// Immutable map from names to plans, in 1,024 tables: a change copies only the tables it concerns. Compiles a pending
// plan on first use, and then stores the plan in its entry.
internal sealed class LivePlans<TName>
    where TName : notnull
{
    private const int Parts = 1024;

    public static readonly LivePlans<TName> None = new([.. Enumerable.Repeat(new Dictionary<TName, object>(0), Parts)], 0);

    private readonly Dictionary<TName, object>[] _parts;

    private LivePlans(Dictionary<TName, object>[] parts, int count)
    {
        _parts = parts;
        Count = count;
    }

    /// <summary>Number of names, including names whose pending plan the document may reject.</summary>
    public int Count { get; }

    // Not inlined, because the method is large, and most installations have no live plans.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryGet(in TName name, [NotNullWhen(true)] out Plan? plan)
    {
        plan = null;
        ref object entry = ref CollectionsMarshal.GetValueRefOrNullRef(_parts[PartOf(name)], name);
        if (Unsafe.IsNullRef(ref entry))
            return false;
        // Read the entry once, because another thread may replace it at any moment.
        object found = Volatile.Read(ref entry);
        if (found is not PendingPlan<TName> pending)
        {
            plan = (Plan)found;
            return true;
        }

        plan = pending.Compile(name);
        if (plan is not null)
            Volatile.Write(ref entry, plan);
        return plan is not null;
    }

    public bool Has(TName name) => Count > 0 && _parts[PartOf(name)].ContainsKey(name);

    public LivePlans<TName> With(IEnumerable<KeyValuePair<TName, object?>> changes)
    {
        var parts = (Dictionary<TName, object>[])_parts.Clone();
        int count = Count;
        foreach (var (name, plan) in changes)
        {
            int index = PartOf(name);
            if (parts[index] == _parts[index])
                parts[index] = new Dictionary<TName, object>(parts[index]);
            var part = parts[index];
            count -= part.Count;
            if (plan is null)
                part.Remove(name);
            else
                part[name] = plan;
            count += part.Count;
        }

        return new LivePlans<TName>(parts, count);
    }

    public IEnumerable<IReadOnlyList<PolicyError>> CompileAll() =>
        from part in _parts
        let pending = part.Where(entry => entry.Value is PendingPlan<TName>).ToList()
        where pending.Count > 0
        select (IReadOnlyList<PolicyError>)[.. pending.Where(entry => !TryGet(entry.Key, out _)).SelectMany(entry => ((PendingPlan<TName>)entry.Value).ErrorsOf(entry.Key))];

    private static int PartOf(in TName name) => EqualityComparer<TName>.Default.GetHashCode(name) & (Parts - 1);
}

/// <summary>Plan that is compiled on first use, from texts alone. Remembers that the document rejects them.</summary>
internal sealed class PendingPlan<TName>(Func<TName, (Plan? Plan, IReadOnlyList<PolicyError> Errors)> compile)
{
    private volatile bool _isMisfit;

    public Plan? Compile(TName name)
    {
        if (_isMisfit)
            return null;
        var plan = compile(name).Plan;
        _isMisfit = plan is null;
        return plan;
    }

    public IReadOnlyList<PolicyError> ErrorsOf(TName name) => compile(name).Errors;
}
