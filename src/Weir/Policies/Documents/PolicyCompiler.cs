using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Builds the third tense, the immutable <see cref="PolicySet"/>, and reports what does not fit together.</summary>
/// <remarks>
/// Equal limits are one object, and so are equal plans of tenants: a hundred thousand tenants with a dozen different
/// overrides hold a dozen plans.
/// </remarks>
internal sealed class PolicyCompiler(DocumentWalk walk, PolicyText document)
{
    private const string OneLimit = DocumentKeys.OneLimit;

    /// <summary>So many plans are listed to someone who names none of them.</summary>
    private const int FewPlans = 10;

    private readonly Dictionary<string, PlanText> _texts = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Plan> _plans = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _hints = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Name, string By, Quota Quota), Limit> _limits = [];
    private readonly Dictionary<(Plan Plan, Limit Limit), Plan> _overridden = [];

    /// <summary>The policies; null when anything is wrong with the document, now or before.</summary>
    public PolicySet? Compile()
    {
        foreach (var text in document.Plans)
        {
            _texts.Add(text.Name, text);
            _plans.Add(text.Name, CompilePlan(text));
        }

        var defaultPlan = PlanNamed(document.DefaultPlan);
        var tenants = new Dictionary<string, Plan>(document.Tenants.Count, StringComparer.Ordinal);
        foreach (var tenant in document.Tenants)
        {
            var plan = tenant.Plan is null ? defaultPlan : PlanNamed(tenant.Plan);
            if (plan is not null)
                tenants[tenant.Name] = Override(plan, tenant.Limits);
        }

        return walk.Errors.Any || defaultPlan is null
            ? null
            : new PolicySet([.. document.Plans.Select(text => _plans[text.Name])], defaultPlan, tenants);
    }

    private Plan CompilePlan(PlanText text)
    {
        foreach (var second in text.Limits.Skip(1))
            walk.Errors.Add(second.Place, $"a limit beside {text.Limits[0].Name}: {OneLimit}; keep one of them");
        var limits = text.Limits.Select(CompileLimit).OfType<Limit>();
        return new Plan(text.Name, [.. limits], text.OnOutage);
    }

    private Plan? PlanNamed(DocumentField? field)
    {
        if (field is not { } named || walk.Text(named, "a plan's name") is not { } name)
            return null;
        if (_plans.TryGetValue(name, out var plan))
            return plan;
        if (_plans.Count > 0)
            walk.Errors.Add(named.Place, named.Value, $"there is no plan {Spelling.Quote(name)}{PlanMeantBy(name)}");
        return null;
    }

    /// <summary>Remembered, since what is wrong once in a generated document is often wrong on every line.</summary>
    private string PlanMeantBy(string name)
    {
        ref string? hint = ref CollectionsMarshal.GetValueRefOrAddDefault(_hints, name, out _);
        if (hint is not null)
            return hint;
        hint = Spelling.DidYouMean(name, _plans.Keys);
        if (hint.Length == 0 && _plans.Count <= FewPlans)
            hint = $": the plans are {string.Join(", ", _plans.Keys)}";
        return hint;
    }

    /// <summary>The plan with a tenant's overrides merged over it by limit name, field by field.</summary>
    private Plan Override(Plan plan, IReadOnlyList<LimitText> overrides)
    {
        var result = plan;
        var (limits, added) = (_texts[plan.Name].Limits, (LimitText?)null);
        foreach (var text in overrides)
        {
            var own = limits.FirstOrDefault(limit => limit.Name == text.Name);
            var beside = limits.Count > 0 ? limits[0] : added;
            if (own is null && beside is not null)
                RefuseSecond(plan, text, beside, limits);
            else if (CompileLimit(own is null ? text : Merge(text, own)) is { } limit)
                result = With(plan, limit);
            added ??= own is null ? text : null;
        }

        return result;
    }

    /// <summary>An override is not blamed for what the plan lacks; that has been reported where the plan stands.</summary>
    private static LimitText Merge(LimitText text, LimitText plan)
    {
        bool isPlansFault = text.Rate is null && (plan.Rate is null || (text.Burst is null && !Fits(plan)));
        var merged = text.Over(plan);
        return isPlansFault ? merged with { IsBroken = true } : merged;
    }

    private void RefuseSecond(Plan plan, LimitText text, LimitText beside, IReadOnlyList<LimitText> limits)
    {
        string meant = Spelling.DidYouMean(text.Name, limits.Select(limit => limit.Name));
        walk.Errors.Add(text.Place, $"a limit beside {beside.Name}, which plan {plan.Name} has: {OneLimit}{meant}");
    }

    private Limit? CompileLimit(LimitText text)
    {
        if (text.LacksRate && !text.IsBroken)
            walk.Errors.Add(text.Place, "rate is missing: write tokens per period, such as rate: 5/s");
        if (text.IsBroken || text.Rate is not { } rate)
            return null;
        long capacity = (text.Burst ?? Burst.Default).CapacityFor(rate);
        if (TokenQuota.TryCreate(rate.Tokens, rate.Period, capacity, out var quota, out string? error))
            return Shared(text, quota);
        walk.Errors.Add(text.NumbersPlace, error);
        return null;
    }

    private static bool Fits(LimitText text) =>
        text.Rate is { } rate
        && TokenQuota.TryCreate(rate.Tokens, rate.Period, (text.Burst ?? Burst.Default).CapacityFor(rate), out _, out _);

    private Limit Shared(LimitText text, Quota quota)
    {
        // Names hold no comma, so two lists never join to one text.
        var key = (text.Name, string.Join(',', text.Dimensions), quota);
        ref var limit = ref CollectionsMarshal.GetValueRefOrAddDefault(_limits, key, out _);
        return limit ??= new Limit(text.Name, text.Dimensions, quota);
    }

    private Plan With(Plan plan, Limit limit)
    {
        if (plan.Limits.Contains(limit))
            return plan;
        ref var overridden = ref CollectionsMarshal.GetValueRefOrAddDefault(_overridden, (plan, limit), out _);
        return overridden ??= new Plan(plan.Name, [limit], plan.OnOutage);
    }
}
