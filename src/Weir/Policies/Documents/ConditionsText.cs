using System.Text;

namespace Weir;

internal static class ConditionsText
{
    private const int MaxConditions = Bounds.MaxAttributes;
    private const int MaxPatterns = 16;
    private const string Shape = "a pattern, in which * stands for anything, or a list of patterns";

    public static IReadOnlyList<Condition> Read(DocumentWalk walk, in DocumentField field, ref bool broken)
    {
        int before = walk.Errors.Count;
        var named = walk.Named(field.Value, field.Place, "a mapping of attributes to patterns, such as { route: \"/search*\" }");
        if (named.Count > MaxConditions)
            walk.Errors.Add(field.Place, $"holds {named.Count} conditions: keep at most {MaxConditions}");
        var conditions = new List<Condition>();
        foreach (var condition in named.Take(MaxConditions))
        {
            if (condition.Name == "tenant")
                walk.Errors.Add(condition.Place, "a tenant has a plan of its own: leave the condition out, and put the limit where the tenant's plan is");
            conditions.Add(new Condition(condition.Name, ReadPatterns(walk, condition, field.Name)));
        }

        broken |= walk.Errors.Count > before;
        return conditions;
    }

    /// <summary>Reports an error for conditions beside unlimited: true, where conditions have no effect.</summary>
    public static void RefuseBesideUnlimited(DocumentWalk walk, KnownFields fields, bool isUnlimited, ref bool broken)
    {
        if (!isUnlimited || fields.First([DocumentKeys.When, DocumentKeys.Unless]) is not { } field)
            return;
        string cure = field.Name == DocumentKeys.When
            ? "to except requests from a limit, write its numbers, and these conditions as unless"
            : "write the numbers of the limit, or leave the conditions out";
        walk.Errors.Add(field.Place, $"stands beside unlimited: true, which has no conditions; {cure}");
        broken = true;
    }

    private static List<string> ReadPatterns(DocumentWalk walk, in DocumentField field, string kind)
    {
        var patterns = new List<string>();
        if (field.Value is not DocumentList list)
        {
            Add(walk, field, kind, patterns);
            return patterns;
        }

        if (list.Items.Count is 0 or > MaxPatterns)
        {
            walk.Errors.Add(field.Place, list, $"holds {list.Items.Count} patterns: write from 1 to {MaxPatterns}");
            return patterns;
        }

        for (int i = 0; i < list.Items.Count; i++)
            Add(walk, new DocumentField(field.Name, field.Place.Item(i, list.Items[i]), list.Items[i]), kind, patterns);
        return patterns;
    }

    private static void Add(DocumentWalk walk, in DocumentField field, string kind, List<string> patterns)
    {
        string cure = $"no pattern negates; write {(kind == DocumentKeys.When ? DocumentKeys.Unless : DocumentKeys.When)}: ";
        if (field.Value is DocumentFault { IsTag: true })
            walk.Errors.Add(field.Place, field.Value, $"{cure}{{ {field.Name}: … }} without the !");
        if (walk.Text(field, Shape) is not { } pattern)
            return;
        if (Encoding.UTF8.GetByteCount(pattern) > Bounds.MaxAttributeBytes)
            walk.Errors.Add(field.Place, field.Value, $"is longer than {Bounds.MaxAttributeBytes} bytes, as no attribute is: write a shorter pattern");
        else if (pattern.StartsWith('!'))
        {
            string exception = $"{{ {field.Name}: {Spelling.Quote(pattern.TrimStart('!'))} }}";
            walk.Errors.Add(field.Place, field.Value, $"{Spelling.Quote(pattern)} begins with !, and {cure}{exception}");
        }
        else
            patterns.Add(pattern);
    }
}
