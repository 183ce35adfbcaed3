using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Weir;

// Compiles a checked document into an immutable PolicySet, and reports inconsistencies. Equal limits and equal plans
// share one object, so that 100,000 tenants with a dozen different overrides need a dozen plans.
internal sealed class PolicyCompiler(DocumentWalk walk, PolicyText document)
{
    private readonly Lock _gate = new();

    /// <summary>Collects the errors of the text under compilation: first the document, then live overrides.</summary>
    private DocumentWalk _walk = walk;

    private const int FewPlans = 10;

    private const int MaxHints = 1_000;

    // Maximum number of key plans in a document. A plan's keys count again for each tenant with its own limits.
    private const int MaxKeyPlans = 500_000;

    private readonly Dictionary<string, PlanText> _texts = new(StringComparer.Ordinal);

    /// <summary>Plans by name, without overrides of keys.</summary>
    private readonly Dictionary<string, Plan> _plans = new(StringComparer.Ordinal);

    /// <summary>Plans by name, with overrides of keys.</summary>
    private readonly Dictionary<string, Plan> _keyed = new(StringComparer.Ordinal);

    private readonly Dictionary<string, TenantText> _tenants = new(StringComparer.Ordinal);
    private readonly HashSet<string> _keysOfPlans = new(StringComparer.Ordinal);
    private int _keyPlans;
    private readonly Dictionary<string, string> _hints = new(StringComparer.Ordinal);
    private readonly SharedObjects<LimitKey, Limit> _limits = new();
    private readonly SharedObjects<(Plan Plan, string Name, Limit? Limit), Plan> _overridden = new();

    private readonly record struct LimitKey(
        string Name, string By, Quota Quota, LimitMode Mode, string Unit, long Cost, bool IsStrict, string When, string Unless, OnMissing Missing);

    public PolicySet? Compile()
    {
        foreach (var text in document.Plans)
        {
            _texts.Add(text.Name, text);
            _keysOfPlans.UnionWith(text.Keys.Keys);
            var plan = CompilePlan(text);
            _plans.Add(text.Name, plan);
            _keyed.Add(text.Name, WithKeys(plan, plan, TenantText.Of(RequestFacts.DefaultTenant)));
        }

        var defaultPlan = PlanNamed(document.DefaultPlan);
        var tenants = new Dictionary<string, Plan>(document.Tenants.Count, StringComparer.Ordinal);
        foreach (var tenant in document.Tenants)
        {
            var plan = tenant.Plan is null ? defaultPlan : PlanNamed(tenant.Plan);
            if (plan is not null)
                tenants[tenant.Name] = OfTenant(plan, tenant);
            _tenants[tenant.Name] = tenant;
        }

        return _walk.Errors.Any || defaultPlan is null
            ? null
            : new PolicySet([.. document.Plans.Select(text => _keyed[text.Name])], _keyed[defaultPlan.Name], tenants) { Compiler = this };
    }

    public bool IsKeyOfPlan(string key) => _keysOfPlans.Contains(key);

    public TenantText? TextOf(string tenant) => _tenants.GetValueOrDefault(tenant);

    public Plan? Compile(DocumentWalk tenantWalk, TenantText tenant)
    {
        lock (_gate)
        {
            _walk = tenantWalk;
            var plan = PlanNamed(tenant.Plan ?? document.DefaultPlan);
            _keyPlans = 0;
            var own = plan is null ? null : OfTenant(plan, tenant);
            return tenantWalk.Errors.Any ? null : own;
        }
    }

    // Compiles a key's live override over the overrides of its tenant and plan. Null after an error.
    public Plan? Compile(DocumentWalk keyWalk, TenantText tenant, KeyText key)
    {
        lock (_gate)
        {
            _walk = keyWalk;
            if (PlanNamed(tenant.Plan ?? document.DefaultPlan) is not { } plan)
                return null;
            var ofPlan = KeysOf(plan, tenant).GetValueOrDefault(key.Key);
            var below = tenant.Keys.TryGetValue(key.Key, out var ofTenant) ? ofTenant.Over(ofPlan) : ofPlan;
            var own = OfKey(plan, tenant, key.Over(below));
            return keyWalk.Errors.Any ? null : own;
        }
    }

    private Plan OfTenant(Plan plan, TenantText tenant) =>
        tenant is { Limits.Count: 0, Unlimited: false, Keys.Count: 0 } ? _keyed[plan.Name] : WithKeys(Override(plan, tenant), plan, tenant);

    private Plan WithKeys(Plan own, Plan plan, TenantText tenant)
    {
        var keys = KeyText.Over(tenant.Keys, KeysOf(plan, tenant));
        if (keys.Count == 0 || _keyPlans > MaxKeyPlans)
            return own;
        _keyPlans += keys.Count;
        if (_keyPlans > MaxKeyPlans)
        {
            _walk.Errors.Add(keys.Values.First().Place, $"makes more than {MaxKeyPlans} plans of keys: those of a plan count again for each tenant with limits of its own; keep fewer, or PUT them live");
            return own;
        }

        return own with { Keys = keys.ToFrozenDictionary(key => key.Key, key => OfKey(plan, tenant, key.Value), StringComparer.Ordinal) };
    }

    // Returns the overrides of a plan's keys, without limits for which the tenant has one bucket for all keys.
    private IReadOnlyDictionary<string, KeyText> KeysOf(Plan plan, TenantText tenant)
    {
        var keys = _texts[plan.Name].Keys;
        var shared = tenant.Limits.Where(limit => limit.By is not null && limit.IsShared).Select(limit => limit.Name);
        return keys.Count == 0 || !shared.Any()
            ? keys
            : keys.ToDictionary(key => key.Key, key => key.Value.WithoutNumbersOf(shared), StringComparer.Ordinal);
    }

    // Returns the plan of a key. Reports an override of a limit whose bucket is shared by all keys.
    private Plan OfKey(Plan plan, TenantText tenant, KeyText key)
    {
        var own = Override(plan, tenant.With(key));
        foreach (var text in key.Limits)
        {
            if (own.Limits.FirstOrDefault(limit => limit.Name == text.Name) is { } limit && limit.Dimensions.All(dimension => dimension.Name != Limit.KeyDimension))
                _walk.Errors.Add(text.Place, "has one bucket for all keys, so that no key can have other numbers: add key to its by, or write unlimited: true to exempt this key");
        }

        return own;
    }

    private Plan CompilePlan(PlanText text)
    {
        var limits = text.Limits.Where(limit => limit.Quota.Unlimited != true).Select(limit => CompileLimit(limit, "")).OfType<Limit>();
        return new Plan(text.Name, [.. limits], text.OnOutage);
    }

    private Plan? PlanNamed(DocumentField? field)
    {
        if (field is not { } named || _walk.Text(named, "a plan's name") is not { } name)
            return null;
        if (_plans.TryGetValue(name, out var plan))
            return plan;
        if (_plans.Count > 0)
            _walk.Errors.Add(named.Place, named.Value, $"there is no plan {Spelling.Quote(name)}{PlanMeantBy(name)}");
        return null;
    }

    // Returns a hint at the meant plan. Caches hints, because generated documents often repeat an error on every line.
    private string PlanMeantBy(string name)
    {
        if (_hints.TryGetValue(name, out string? hint))
            return hint;
        hint = Spelling.DidYouMean(name, _plans.Keys);
        if (hint.Length == 0 && _plans.Count <= FewPlans)
            hint = $": the plans are {string.Join(", ", _plans.Keys)}";
        if (_hints.Count == MaxHints)
            _hints.Clear();
        return _hints[name] = hint;
    }

    // Merges a tenant's overrides into a plan by limit name and field. Adds limits that the plan lacks.
    private Plan Override(Plan plan, TenantText tenant)
    {
        // An unlimited tenant drops the plan's limits. Its own limits come from a boost over the unlimited tenant.
        var result = tenant.Unlimited ? plan.Limits.Aggregate(plan, (rest, limit) => With(rest, limit.Name, null)) : plan;
        var limits = _texts[plan.Name].Limits;
        foreach (var text in tenant.Limits)
        {
            var own = limits.FirstOrDefault(limit => limit.Name == text.Name);
            var merged = own is null ? text : Merge(text, own);
            if (merged.Quota.Unlimited == true)
                result = With(result, text.Name, null);
            else if (CompileLimit(merged, own is null ? Spelling.DidYouMean(text.Name, limits.Select(limit => limit.Name)) : "") is not { } limit)
                continue;
            else if (own is null && result.Limits.Length == Plan.MaxLimits)
                _walk.Errors.Add(text.Place, $"is one limit too many: with those of plan {plan.Name} a tenant has at most {Plan.MaxLimits}");
            else
                result = With(result, text.Name, limit);
        }

        return result;
    }

    // Merges a tenant's limit over the plan's. Marks the result as broken, without an error, if the plan is at fault.
    private static LimitText Merge(LimitText text, LimitText plan)
    {
        bool isPlansFault = text.Quota.IsEmpty && (plan.Quota.IsEmpty || (text.Quota.Burst is null && !plan.Quota.TryCompile(out _, out _)));
        var merged = text.Over(plan);
        return isPlansFault && merged.Quota.Unlimited != true ? merged with { IsBroken = true } : merged;
    }

    private Limit? CompileLimit(LimitText text, string meant)
    {
        if (text.LacksNumbers && !text.IsBroken)
            _walk.Errors.Add(text.Place, $"rate is missing: write tokens per period, such as rate: 5/s, or a window or a concurrency{meant}");
        if (text.IsBroken || text.LacksNumbers)
            return null;
        if (text.Quota.TryCompile(out var quota, out string? error)
            && (error = ComplaintAbout(quota, text.Unit)) is null)
            return Shared(text, quota);
        _walk.Errors.Add(text.NumbersPlace, error);
        return null;
    }

    private static string? ComplaintAbout(Quota quota, string? unit) =>
        quota is not ConcurrencyQuota || unit is null or Limit.Requests
            ? null
            : $"a concurrency counts requests at the same time, not {Spelling.Quote(unit)}: "
                + $"leave unit out, or write unit: {Limit.Requests}";

    private Limit Shared(LimitText text, Quota quota)
    {
        // Join the dimensions by commas, which names cannot contain, so that the key is unique.
        var key = new LimitKey(
            text.Name, string.Join(',', text.Dimensions), quota, text.Mode ?? LimitMode.Enforce, text.Unit ?? Limit.Requests, text.Cost ?? 1,
            text.IsStrict ?? false, KeyOf(text.When), KeyOf(text.Unless), text.Missing ?? OnMissing.Skip);
        return _limits.GetOrMake(key, () => new Limit(text.Name, text.Dimensions, quota)
        {
            Mode = key.Mode,
            Unit = key.Unit,
            Cost = key.Cost,
            IsStrict = key.IsStrict,
            Missing = key.Missing,
            When = [.. text.When ?? []],
            Unless = [.. text.Unless ?? []],
        });
    }

    // Returns a unique text of the conditions. A pattern may contain any character, so its length precedes it.
    private static string KeyOf(IReadOnlyList<Condition>? conditions) => string.Concat((conditions ?? []).Select(condition =>
        $"{condition.Dimension}:{string.Concat(condition.Patterns.Select(pattern => $"{pattern.Length}:{pattern}"))},"));

    private Plan With(Plan plan, string name, Limit? limit)
    {
        int index = plan.Limits.Select((own, at) => (own, at)).Where(pair => pair.own.Name == name).Select(pair => pair.at).FirstOrDefault(-1);
        if (index < 0 ? limit is null : plan.Limits[index] == limit)
            return plan;
        var exempt = limit is null && !plan.ExemptUnits.Contains(plan.Limits[index].Unit)
            ? plan.ExemptUnits.Add(plan.Limits[index].Unit)
            : plan.ExemptUnits;
        return _overridden.GetOrMake(
            (plan, name, limit), () => new Plan(plan.Name, Limits(plan.Limits, index, limit), plan.OnOutage) { ExemptUnits = exempt });
    }

    private static ImmutableArray<Limit> Limits(ImmutableArray<Limit> limits, int index, Limit? limit) =>
        limit is null ? limits.RemoveAt(index) : index < 0 ? limits.Add(limit) : limits.SetItem(index, limit);
}
