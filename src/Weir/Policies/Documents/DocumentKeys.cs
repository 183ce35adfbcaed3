namespace Weir;

/// <summary>Known keys of one kind of mapping, such as a plan. Only this type spells out the keys.</summary>
internal sealed record DocumentKeys(string Owner, string[] Known, string? Example = null)
{
    public string Shape { get; } = $"a mapping with the keys {string.Join(", ", Known)}{(Example is null ? "" : $", such as {Example}")}";

    public const string DefaultPlan = "defaultPlan";
    public const string Plans = "plans";
    public const string Tenants = "tenants";
    public const string Limits = "limits";
    public const string OnOutage = "onOutage";
    public const string By = "by";
    public const string Missing = "missing";
    public const string Rate = "rate";
    public const string Burst = "burst";
    public const string Window = "window";
    public const string Concurrency = "concurrency";
    public const string Unlimited = "unlimited";
    public const string Limit = "limit";
    public const string Every = "every";
    public const string Zone = "zone";
    public const string From = "from";
    public const string At = "at";
    public const string Lease = "lease";
    public const string When = "when";
    public const string Unless = "unless";
    public const string Mode = "mode";
    public const string Cost = "cost";
    public const string Unit = "unit";
    public const string Until = "until";
    public const string Plan = "plan";
    public const string Keys = "keys";

    public static readonly DocumentKeys OfDocument = new("the document", [DefaultPlan, Plans, Tenants]);
    public static readonly DocumentKeys OfPlan = new("a plan", [Limits, OnOutage, Unlimited, Keys]);
    public static readonly DocumentKeys OfLimit = new(
        "a limit", [By, Missing, Unit, Rate, Burst, Window, Concurrency, Unlimited, When, Unless, Cost, Mode, Lease]);

    public static readonly DocumentKeys OfTenant = new("a tenant", [Plan, Limits, Unlimited, Keys]);
    public static readonly DocumentKeys OfLiveTenant = new("a live tenant (PUT /admin/tenants/NAME)", [Plan, Limits, Unlimited, Keys, Until]);
    public static readonly DocumentKeys OfKey = new("a key", [Limits, Unlimited]);
    public static readonly DocumentKeys OfLiveKey = new("a live key (PUT /admin/tenants/NAME/keys/KEY)", [Limits, Unlimited, Until]);
    public static readonly DocumentKeys OfWindow = new(
        "a window", [Limit, Every, Zone, From, At], "{ limit: 1000, every: minute }");

    public static readonly DocumentKeys OfConcurrency = new("a concurrency", [Limit, Lease], "{ limit: 5, lease: 60s }");

    internal static readonly DocumentKeys[] All = [OfDocument, OfPlan, OfLimit, OfTenant, OfLiveTenant, OfKey, OfLiveKey, OfWindow, OfConcurrency];

    /// <summary>The kinds of mappings of the same document.</summary>
    public IReadOnlyList<DocumentKeys> Family { get; init; } = [];

    public string Complaint(string key, out string? meant)
    {
        meant = Spelling.Nearest(key, Known);
        if (meant is not null)
            return $"unknown key: did you mean {meant}?";
        var family = Family.Count > 0 ? Family : All;
        var home = family.FirstOrDefault(keys => keys.Owner != Owner && keys.Known.Contains(key));
        return home is null
            ? $"unknown key: {Owner} has {string.Join(", ", Known)}"
            : $"unknown key here: it belongs to {home.Owner}; {Owner} has {string.Join(", ", Known)}";
    }
}
