namespace Weir;

/// <summary>A limit as a plan or a tenant spells it: checked field by field, what is left out still open.</summary>
internal sealed record LimitText
{
    private const int MaxDimensions = Bounds.MaxAttributes;

    private static readonly IReadOnlyList<string> ByKey = [Limit.KeyDimension];

    public required string Name { get; init; }

    /// <summary>Where the limit stands.</summary>
    public required DocumentPlace Place { get; init; }

    /// <summary>Where its numbers stand: its rate, else its burst, else the limit itself.</summary>
    public required DocumentPlace NumbersPlace { get; init; }

    public IReadOnlyList<string>? By { get; init; }

    public Rate? Rate { get; init; }

    public Burst? Burst { get; init; }

    /// <summary>True when a field of it has been reported, so that nothing can be built from it.</summary>
    public bool IsBroken { get; init; }

    /// <summary>True when it has no rate, and this has not been reported.</summary>
    public bool LacksRate { get; init; }

    /// <summary>The dimensions, the default filled in.</summary>
    public IReadOnlyList<string> Dimensions => By ?? ByKey;

    public static LimitText Read(DocumentWalk walk, in DocumentField limit)
    {
        var fields = walk.Keyed(limit.Value, limit.Place, DocumentKeys.OfLimit);
        bool missing = fields.IsPlainlyMissing(DocumentKeys.Rate);
        bool broken = !missing && fields[DocumentKeys.Rate] is null;
        return new LimitText
        {
            Name = limit.Name,
            Place = limit.Place,
            NumbersPlace = (fields[DocumentKeys.Rate] ?? fields[DocumentKeys.Burst] ?? limit).Place,
            By = fields[DocumentKeys.By] is { } by ? ReadBy(walk, by, ref broken) : null,
            Rate = fields[DocumentKeys.Rate] is { } rate ? ReadRate(walk, rate, ref broken) : null,
            Burst = fields[DocumentKeys.Burst] is { } burst ? ReadBurst(walk, burst, ref broken) : null,
            LacksRate = missing,
            IsBroken = broken,
        };
    }

    /// <summary>This limit as an override of a plan's: what it leaves out is the plan's.</summary>
    public LimitText Over(LimitText plan) => this with
    {
        By = By ?? plan.By,
        Rate = Rate ?? plan.Rate,
        Burst = Burst ?? plan.Burst,
        LacksRate = LacksRate && plan.LacksRate,
        IsBroken = IsBroken || plan.IsBroken,
    };

    private static Rate? ReadRate(DocumentWalk walk, in DocumentField field, ref bool broken)
    {
        string? error = null;
        if (walk.Text(field, "tokens per period, such as 5/s, 100/m or 20/10s") is { } text
            && Weir.Rate.TryParse(text, out var rate, out error))
        {
            return rate;
        }

        broken = true;
        if (error is not null)
            walk.Errors.Add(field.Place, field.Value, error);
        return null;
    }

    private static Burst? ReadBurst(DocumentWalk walk, in DocumentField field, ref bool broken)
    {
        string? error = null;
        if (walk.Text(field, "a multiple of the rate's tokens, such as 2x, or a whole number of tokens") is { } text
            && Weir.Burst.TryParse(text, out var burst, out error))
        {
            return burst;
        }

        broken = true;
        if (error is not null)
            walk.Errors.Add(field.Place, field.Value, error);
        return null;
    }

    private static List<string> ReadBy(DocumentWalk walk, in DocumentField field, ref bool broken)
    {
        var names = new List<string>();
        if (field.Value is not DocumentList list)
        {
            walk.Expected(field.Place, field.Value, "a list of dimensions, such as [key], or [] for one bucket a tenant");
            broken = true;
            return names;
        }

        if (list.Items.Count > MaxDimensions)
        {
            walk.Errors.Add(field.Place, list, $"holds {list.Items.Count} dimensions: keep at most {MaxDimensions}");
            broken = true;
            return names;
        }

        for (int i = 0; i < list.Items.Count; i++)
        {
            var item = new DocumentField(field.Name, field.Place.Item(i, list.Items[i]), list.Items[i]);
            if (walk.Text(item, "a dimension: key, or an attribute's name") is not { } name)
                broken = true;
            else if (ComplaintAbout(name, names) is not { } complaint)
                names.Add(name);
            else
            {
                walk.Errors.Add(item.Place, complaint);
                broken = true;
            }
        }

        return names;
    }

    private static string? ComplaintAbout(string dimension, List<string> others)
    {
        if (!Bounds.IsName(dimension))
            return $"{Spelling.Quote(dimension)} is not a dimension; write key or an attribute's name, {Bounds.NameRule}";
        if (dimension == "tenant")
            return "the tenant is a dimension of every limit: leave it out; [] is one bucket a tenant";
        return others.Contains(dimension) ? $"{dimension} stands in the list already: keep one of them" : null;
    }
}
