namespace Weir;

internal sealed record PlanText(string Name, IReadOnlyList<LimitText> Limits, OnOutage OnOutage, bool Unlimited,
    IReadOnlyDictionary<string, KeyText> Keys)
{
    private const string LimitsShape = "a mapping of names to limits, such as per-key: { rate: 5/s }";

    private static readonly string[] YesOrNo = ["false", "true"];
    private static readonly string[] Outages = ["local", "allow", "deny"];

    public static PlanText Read(DocumentWalk walk, in DocumentField plan)
    {
        var fields = walk.Keyed(plan.Value, plan.Place, DocumentKeys.OfPlan);
        return new PlanText(
            plan.Name,
            ReadLimits(walk, fields[DocumentKeys.Limits]),
            fields[DocumentKeys.OnOutage] is { } onOutage ? ReadOnOutage(walk, onOutage) : OnOutage.Local,
            ReadUnlimited(walk, fields),
            KeyText.ReadAll(walk, fields[DocumentKeys.Keys]));
    }

    public static bool ReadUnlimited(DocumentWalk walk, KnownFields fields)
    {
        bool broken = false;
        bool unlimited = walk.Word(fields[DocumentKeys.Unlimited], "true or false", YesOrNo, ref broken) == 1;
        if (unlimited && fields[DocumentKeys.Limits] is { } limits)
            walk.Errors.Add(limits.Place, "stands beside unlimited: true: leave one of them out");
        return unlimited;
    }

    public static IReadOnlyList<LimitText> ReadLimits(DocumentWalk walk, DocumentField? limits)
    {
        if (limits is not { } field)
            return [];
        var named = walk.Named(field.Value, field.Place, LimitsShape);
        if (named.Count > Plan.MaxLimits)
        {
            walk.Errors.Add(field.Place, $"holds {named.Count} limits: keep at most {Plan.MaxLimits}");
            named.RemoveRange(Plan.MaxLimits, named.Count - Plan.MaxLimits);
        }

        return named.ConvertAll(limit => LimitText.Read(walk, limit));
    }

    private static OnOutage ReadOnOutage(DocumentWalk walk, in DocumentField field)
    {
        if (walk.Text(field, "local, allow or deny") is not { } text)
            return OnOutage.Local;
        int index = Array.IndexOf(Outages, text);
        if (index >= 0)
            return (OnOutage)index;
        walk.Errors.Add(field.Place, field.Value,
            $"{Spelling.Quote(text)} is no answer to an outage; write local, allow or deny{Spelling.DidYouMean(text, Outages)}");
        return OnOutage.Local;
    }
}
