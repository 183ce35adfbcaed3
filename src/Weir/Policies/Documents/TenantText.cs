namespace Weir;

/// <summary>A tenant as the document spells it, each field checked.</summary>
/// <param name="Name">The tenant.</param>
/// <param name="Plan">The name of its plan; null when it is left out, so that the default plan holds.</param>
/// <param name="Limits">The limits that differ from the plan's.</param>
/// <param name="Unlimited">True when nothing of the plan limits it.</param>
/// <param name="Keys">What single keys have otherwise than that.</param>
/// <param name="Until">Until when it holds; null for good.</param>
/// <param name="UntilPlace">Where that stands.</param>
internal sealed record TenantText(string Name, DocumentField? Plan, IReadOnlyList<LimitText> Limits, bool Unlimited, IReadOnlyDictionary<string, KeyText> Keys,
    DateTimeOffset? Until = null, DocumentPlace? UntilPlace = null)
{
    /// <summary>A tenant that has nothing otherwise than the default plan.</summary>
    public static TenantText Of(string name) => new(name, null, [], Unlimited: false, KeyText.None);

    /// <summary>A tenant of live data, which may hold only until a time.</summary>
    public static TenantText ReadLive(DocumentWalk walk, string name, DocumentNode root)
    {
        bool broken = false;
        var fields = walk.Keyed(root, DocumentPlace.Root(root), DocumentKeys.OfLiveTenant);
        var until = ReadUntil(walk, fields, ref broken);
        return new TenantText(
            name, fields[DocumentKeys.Plan], PlanText.ReadLimits(walk, fields[DocumentKeys.Limits]), PlanText.ReadUnlimited(walk, fields),
            KeyText.ReadAll(walk, fields[DocumentKeys.Keys]), until, fields[DocumentKeys.Until]?.Place);
    }

    /// <summary>This text merged over another one of the same tenant, limit by limit and field by field.</summary>
    public TenantText Over(TenantText below) => this with
    {
        Plan = Plan ?? below.Plan,
        Unlimited = Unlimited || below.Unlimited,
        Limits = Unlimited ? [] : LimitText.Over(Limits, below.Limits),
        Keys = KeyText.Over(Keys, below.Keys),
    };

    /// <summary>This text with what one of its keys has otherwise.</summary>
    public TenantText With(KeyText key) => this with
    {
        Unlimited = Unlimited || key.Unlimited,
        Limits = key.Unlimited ? key.Limits : LimitText.Over(key.Limits, Limits),
        Keys = KeyText.None,
    };

    /// <summary>The time until which a live text holds; null for good.</summary>
    public static DateTimeOffset? ReadUntil(DocumentWalk walk, KnownFields fields, ref bool broken) =>
        walk.Parsed<DateTimeOffset>(fields[DocumentKeys.Until], $"a time, such as {Timestamp.Example}", TryParseTime, ref broken);

    private static bool TryParseTime(string text, out DateTimeOffset time, out string? error)
    {
        bool isTime = Timestamp.TryParse(text, out time);
        error = isTime ? null : $"{Spelling.Quote(text)} {Timestamp.FaultOf(text)}";
        return isTime;
    }

    public static TenantText Read(DocumentWalk walk, in DocumentField tenant)
    {
        var fields = walk.Keyed(tenant.Value, tenant.Place, DocumentKeys.OfTenant);
        return new TenantText(
            tenant.Name, fields[DocumentKeys.Plan], PlanText.ReadLimits(walk, fields[DocumentKeys.Limits]), PlanText.ReadUnlimited(walk, fields),
            KeyText.ReadAll(walk, fields[DocumentKeys.Keys]));
    }
}
