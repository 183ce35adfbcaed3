namespace Weir;

/// <summary>Reads the dimensions of a limit, such as [key], [ip/64, route] or [].</summary>
internal static class ByText
{
    private const int MaxDimensions = Bounds.MaxAttributes;
    public static IReadOnlyList<Dimension> Read(DocumentWalk walk, in DocumentField field, ref bool broken)
    {
        var dimensions = new List<Dimension>();
        if (field.Value is not DocumentList list)
        {
            walk.Expected(field.Place, field.Value, "a list of dimensions, such as [key], or [] for one bucket a tenant");
            broken = true;
            return dimensions;
        }

        if (list.Items.Count > MaxDimensions)
        {
            walk.Errors.Add(field.Place, list, $"holds {list.Items.Count} dimensions: keep at most {MaxDimensions}");
            broken = true;
            return dimensions;
        }

        for (int i = 0; i < list.Items.Count; i++)
        {
            var item = new DocumentField(field.Name, field.Place.Item(i, list.Items[i]), list.Items[i]);
            if (walk.Text(item, "a dimension: key, or an attribute's name") is not { } name)
                broken = true;
            else if (TryParse(name, dimensions, out var dimension) is { } complaint)
            {
                walk.Errors.Add(item.Place, complaint);
                broken = true;
            }
            else
                dimensions.Add(dimension);
        }

        return dimensions;
    }

    private static string? TryParse(string text, List<Dimension> others, out Dimension dimension)
    {
        dimension = default;
        string[] parts = text.Split('/');
        string name = parts[0];
        if (!Bounds.IsName(name))
            return $"{Spelling.Quote(text)} is not a dimension; write key or an attribute's name, {Bounds.NameRule}";
        if (name == "tenant")
            return "the tenant is a dimension of every limit: leave it out; [] is one bucket a tenant";
        long v4 = 0, v6 = 0;
        bool isGood = parts.Length switch
        {
            1 => true,
            2 => IsBits(parts[1], Dimension.BitsOfV4, out v4) || IsBits(parts[1], Dimension.BitsOfV6, out v6),
            3 => IsBits(parts[1], Dimension.BitsOfV4, out v4) && IsBits(parts[2], Dimension.BitsOfV6, out v6),
            _ => false,
        };
        if (!isGood)
        {
            return $"{Spelling.Quote(text)} does not say how many bits of an address count; "
                + $"write 1 to 32 for IPv4, 33 to 128 for IPv6, or both: {name}/24, {name}/64, {name}/24/64";
        }

        dimension = new Dimension(name, (int)v6, (int)v4);
        return others.Contains(dimension) ? $"{dimension} stands in the list already: keep one of them" : null;
    }
    private static bool IsBits(string text, int most, out long bits)
    {
        bool isBits = WholeNumber.TryParse(text, most, out bits) && bits > 0;
        bits = isBits ? bits : 0;
        return isBits;
    }
}
