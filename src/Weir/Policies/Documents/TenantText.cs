namespace Weir;

internal sealed record TenantText(string Name, DocumentField? Plan, IReadOnlyList<LimitText> Limits, bool Unlimited, IReadOnlyDictionary<string, KeyText> Keys,
    DateTimeOffset? Until = null, DocumentPlace? UntilPlace = null)
{
    public static TenantText Of(string name) => new(name, null, [], Unlimited: false, KeyText.None);

    public static TenantText ReadLive(DocumentWalk walk, string name, DocumentNode root)
    {
        bool broken = false;
        var fields = walk.Keyed(root, DocumentPlace.Root(root), DocumentKeys.OfLiveTenant);
        var until = ReadUntil(walk, fields, ref broken);
        return new TenantText(
            name, fields[DocumentKeys.Plan], PlanText.ReadLimits(walk, fields[DocumentKeys.Limits]), PlanText.ReadUnlimited(walk, fields),
            KeyText.ReadAll(walk, fields[DocumentKeys.Keys]), until, fields[DocumentKeys.Until]?.Place);
    }

    public TenantText Over(TenantText below) => this with
    {
        Plan = Plan ?? below.Plan,
        Unlimited = Unlimited || below.Unlimited,
        Limits = Unlimited ? [] : LimitText.Over(Limits, below.Limits),
        Keys = KeyText.Over(Keys, below.Keys),
    };

    public TenantText With(KeyText key) => this with
    {
        Unlimited = Unlimited || key.Unlimited,
        Limits = key.Unlimited ? key.Limits : LimitText.Over(key.Limits, Limits),
        Keys = KeyText.None,
    };

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
