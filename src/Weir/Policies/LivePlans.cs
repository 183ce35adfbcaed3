using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// Plans by tenant, or by tenant and key, immutable: a change copies one part of a thousand, and all others are shared.
/// </summary>
/// <remarks>
/// A look-up costs two trips to memory however many plans there are; a tree of a hundred thousand would cost
/// seventeen. A plan may be pending: it is compiled when it is first asked for, and then stored in its own entry. All
/// callers get the same plan, so no caller sees a change.
/// </remarks>
/// <typeparam name="TName">Names the tenant, or the tenant and the key.</typeparam>
internal sealed class LivePlans<TName>
    where TName : notnull
{
    private const int Parts = 1024;

    /// <summary>No plans.</summary>
    public static readonly LivePlans<TName> None = new([.. Enumerable.Repeat(new Dictionary<TName, object>(0), Parts)], 0);

    /// <summary>A <see cref="Plan"/> or a <see cref="PendingPlan{TName}"/> for each name.</summary>
    private readonly Dictionary<TName, object>[] _parts;

    private LivePlans(Dictionary<TName, object>[] parts, int count)
    {
        _parts = parts;
        Count = count;
    }

    /// <summary>The number of names, those included whose pending plan will turn out not to fit.</summary>
    public int Count { get; }

    // Not inlined: it is large, and most installations have no such plans.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryGet(in TName name, [NotNullWhen(true)] out Plan? plan)
    {
        plan = null;
        ref object entry = ref CollectionsMarshal.GetValueRefOrNullRef(_parts[PartOf(name)], name);
        if (Unsafe.IsNullRef(ref entry))
            return false;
        // Read once: another thread may put the plan there at any moment.
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

    /// <summary>True if a name has a plan here, be it pending.</summary>
    public bool Has(TName name) => Count > 0 && _parts[PartOf(name)].ContainsKey(name);

    /// <summary>
    /// The same with other plans; null leaves a name out. A part is copied once, however many of its names change.
    /// </summary>
    /// <param name="changes">
    /// A <see cref="Plan"/>, a <see cref="PendingPlan{TName}"/> or null for each name that changes.
    /// </param>
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

    /// <summary>
    /// Compiles all pending plans, part by part, and says of each part that had some what does not fit.
    /// </summary>
    public IEnumerable<IReadOnlyList<PolicyError>> CompileAll() =>
        from part in _parts
        let pending = part.Where(entry => entry.Value is PendingPlan<TName>).ToList()
        where pending.Count > 0
        select (IReadOnlyList<PolicyError>)[.. pending.Where(entry => !TryGet(entry.Key, out _)).SelectMany(entry => ((PendingPlan<TName>)entry.Value).ErrorsOf(entry.Key))];

    private static int PartOf(in TName name) => EqualityComparer<TName>.Default.GetHashCode(name) & (Parts - 1);
}

/// <summary>A plan that is compiled when it is first asked for. It follows from texts alone.</summary>
/// <typeparam name="TName">Names the tenant, or the tenant and the key.</typeparam>
/// <param name="compile">Compiles the plan of a name, and returns the errors of its texts.</param>
internal sealed class PendingPlan<TName>(Func<TName, (Plan? Plan, IReadOnlyList<PolicyError> Errors)> compile)
{
    private volatile bool _isMisfit;

    /// <summary>The plan; null when the texts do not fit the document.</summary>
    public Plan? Compile(TName name)
    {
        if (_isMisfit)
            return null;
        var plan = compile(name).Plan;
        _isMisfit = plan is null;
        return plan;
    }

    /// <summary>Why the texts do not fit the document.</summary>
    public IReadOnlyList<PolicyError> ErrorsOf(TName name) => compile(name).Errors;
}
