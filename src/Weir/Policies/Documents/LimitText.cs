namespace Weir;

/// <summary>Limit as written in a plan or an override. Its fields are checked; unset fields are null.</summary>
internal sealed record LimitText
{
    private static readonly IReadOnlyList<Dimension> ByKey = [new(Limit.KeyDimension)];
    private static readonly string[] OnMissingWords = ["skip", "deny", "together"];
    private static readonly string[] Modes = ["enforce", "shadow"];
    private static readonly string[] Leases = ["on", "off"];

    public required string Name { get; init; }

    public required DocumentPlace Place { get; init; }

    /// <summary>Place of the numbers, for errors; the place of the limit if it has no numbers.</summary>
    public required DocumentPlace NumbersPlace { get; init; }

    public required QuotaText Quota { get; init; }

    public IReadOnlyList<Dimension>? By { get; init; }

    public OnMissing? Missing { get; init; }

    public IReadOnlyList<Condition>? When { get; init; }

    public IReadOnlyList<Condition>? Unless { get; init; }

    public LimitMode? Mode { get; init; }

    public string? Unit { get; init; }

    public long? Cost { get; init; }

    public bool? IsStrict { get; init; }

    /// <summary>True if an error in a field has been reported, so that the limit cannot be compiled.</summary>
    public bool IsBroken { get; init; }

    /// <summary>True if the limit has no numbers, and no error has been reported for that.</summary>
    public bool LacksNumbers { get; init; }

    public IReadOnlyList<Dimension> Dimensions => By ?? ByKey;

    public bool IsShared => Dimensions.All(dimension => dimension.Name != Limit.KeyDimension);

    public static LimitText Read(DocumentWalk walk, in DocumentField limit)
    {
        var fields = walk.Keyed(limit.Value, limit.Place, DocumentKeys.OfLimit);
        bool broken = false;
        var quota = QuotaText.Read(walk, fields, ref broken);
        ConditionsText.RefuseBesideUnlimited(walk, fields, quota.Unlimited == true, ref broken);
        bool missing = quota.IsEmpty && fields.IsPlainlyMissing(DocumentKeys.Rate) && !broken;
        return new LimitText
        {
            Name = limit.Name,
            Place = limit.Place,
            NumbersPlace = (QuotaText.FieldOf(fields) ?? limit).Place,
            Quota = quota,
            By = fields[DocumentKeys.By] is { } by ? ByText.Read(walk, by, ref broken) : null,
            Missing = (OnMissing?)walk.Word(
                fields[DocumentKeys.Missing], "an answer to a missing dimension", OnMissingWords, ref broken),
            When = fields[DocumentKeys.When] is { } when ? ConditionsText.Read(walk, when, ref broken) : null,
            Unless = fields[DocumentKeys.Unless] is { } unless ? ConditionsText.Read(walk, unless, ref broken) : null,
            Mode = (LimitMode?)walk.Word(fields[DocumentKeys.Mode], "a mode", Modes, ref broken),
            Unit = ReadUnit(walk, fields[DocumentKeys.Unit], ref broken),
            Cost = walk.Number(fields[DocumentKeys.Cost], "a factor by which the request's cost is multiplied", 1, Limit.MaxCost, ref broken),
            IsStrict = walk.Word(fields[DocumentKeys.Lease], "on or off", Leases, ref broken) is { } word ? word == 1 : null,
            LacksNumbers = missing,
            // The limit is also broken if its numbers are missing due to a reported error, such as a misspelled rate.
            IsBroken = broken || (quota.IsEmpty && !missing),
        };
    }

    /// <summary>Merges limits by name over a lower layer, which provides the fields that are not set.</summary>
    public static IReadOnlyList<LimitText> Over(IReadOnlyList<LimitText> limits, IReadOnlyList<LimitText> below) =>
    [
        .. below.Select(limit => limits.FirstOrDefault(own => own.Name == limit.Name)?.Over(limit) ?? limit),
        .. limits.Where(own => below.All(limit => limit.Name != own.Name)),
    ];

    private static string? ReadUnit(DocumentWalk walk, DocumentField? field, ref bool broken)
    {
        const string Shape = "a unit, such as requests, tokens or bytes";
        if (field is not { } given)
            return null;
        string? unit = walk.Text(given, Shape);
        if (unit is not null && Bounds.IsName(unit))
            return unit;
        broken = true;
        if (unit is not null)
        {
            string error = $"{Spelling.Quote(unit)} is not {Shape}; write {Bounds.NameRule}";
            walk.Errors.Add(given.Place, given.Value, error);
        }

        return null;
    }

    public LimitText Over(LimitText plan) => this with
    {
        Quota = Quota.Over(plan.Quota),
        By = By ?? plan.By,
        Missing = Missing ?? plan.Missing,
        When = When ?? plan.When,
        Unless = Unless ?? plan.Unless,
        Mode = Mode ?? plan.Mode,
        Unit = Unit ?? plan.Unit,
        Cost = Cost ?? plan.Cost,
        IsStrict = IsStrict ?? plan.IsStrict,
        LacksNumbers = LacksNumbers && plan.LacksNumbers,
        IsBroken = IsBroken || plan.IsBroken,
    };
}
