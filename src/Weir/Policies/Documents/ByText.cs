namespace Weir;

/// <summary>The dimensions of a limit as the document spells them: <c>[key]</c>, <c>[ip/64, route]</c>, <c>[]</c>.</summary>
internal static class ByText
{
    private const int MaxDimensions = Bounds.MaxAttributes;
    private const int MaxPrefixBits = 128;

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

    /// <summary>Says what is wrong with a dimension; null when nothing is.</summary>
    private static string? TryParse(string text, List<Dimension> others, out Dimension dimension)
    {
        dimension = default;
        int slash = text.IndexOf('/');
        string name = slash < 0 ? text : text[..slash];
        if (!Bounds.IsName(name))
            return $"{Spelling.Quote(text)} is not a dimension; write key or an attribute's name, {Bounds.NameRule}";
        if (name == "tenant")
            return "the tenant is a dimension of every limit: leave it out; [] is one bucket a tenant";
        long bits = 0;
        if (slash >= 0 && (!WholeNumber.TryParse(text.AsSpan(slash + 1), MaxPrefixBits, out bits) || bits == 0))
            return $"{Spelling.Quote(text)} does not say how many bits of an IPv6 address count; write from 1 to {MaxPrefixBits}, such as {name}/64";
        dimension = new Dimension(name, (int)bits);
        return others.Contains(dimension) ? $"{dimension} stands in the list already: keep one of them" : null;
    }
}
