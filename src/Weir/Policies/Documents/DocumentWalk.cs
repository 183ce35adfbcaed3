namespace Weir;

/// <summary>Walks the nodes of a document, and reports nodes of the wrong kind. Continues after errors.</summary>
internal sealed class DocumentWalk(DocumentErrors errors)
{
    private const int Few = 8;

    public DocumentErrors Errors { get; } = errors;

    // Returns the entries of a mapping with free names; empty for an empty value. Errors name the shape as the cure.
    public List<DocumentField> Named(DocumentNode node, DocumentPlace place, string shape)
    {
        var fields = Fields(node, place, shape);
        foreach (var field in fields)
        {
            if (!Bounds.IsName(field.Name))
                Errors.Add(field.Place, $"a name must be {Bounds.NameRule}");
        }

        return fields;
    }

    /// <summary>Returns the entries of a mapping with fixed keys, and reports unknown keys.</summary>
    public KnownFields Keyed(DocumentNode node, DocumentPlace place, DocumentKeys keys)
    {
        var fields = Fields(node, place, keys.Shape);
        List<string>? excused = node is DocumentMapping || node.IsEmpty ? null : [.. keys.Known];
        foreach (var field in fields)
        {
            if (keys.Known.Contains(field.Name))
                continue;
            Errors.Add(field.Place, keys.Complaint(field.Name, out string? meant));
            excused ??= [];
            if (meant is not null)
                excused.Add(meant);
        }

        return new KnownFields(fields, excused);
    }

    public string? Text(in DocumentField field, string shape)
    {
        switch (field.Value)
        {
            case DocumentText { Empty: false } text:
                return text.Value;
            case DocumentFault:
                return null;
            default:
                Expected(field.Place, field.Value, shape);
                return null;
        }
    }

    // Parses a field's value. Returns null if the field is missing or, with broken set to true, after an error.
    public T? Parsed<T>(DocumentField? field, string shape, TryParse<T> parse, ref bool broken)
        where T : struct
    {
        if (field is not { } given)
            return null;
        string? error = null;
        if (Text(given, shape) is { } text && parse(text, out var value, out error))
            return value;
        broken = true;
        if (error is not null)
            Errors.Add(given.Place, given.Value, error);
        return null;
    }

    public int? Word(DocumentField? field, string shape, string[] words, ref bool broken) => field is null ? null : Parsed<int>(
        field,
        $"{shape}: {string.Join(", ", words)}",
        (string text, out int index, out string? error) =>
        {
            index = Array.IndexOf(words, text);
            error = index >= 0 ? null : $"{Spelling.Quote(text)} is not {shape}; write {string.Join(", ", words)}{Spelling.DidYouMean(text, words)}";
            return index >= 0;
        },
        ref broken);

    public long? Number(DocumentField? field, string shape, long least, long most, ref bool broken) => field is null ? null : Parsed<long>(
        field,
        $"{shape}, a whole number from {least} to {most}",
        (string text, out long number, out string? error) =>
        {
            bool fits = WholeNumber.TryParse(text, most, out number) && number >= least;
            error = fits ? null : $"{Spelling.Quote(text)} is not {shape}; write a whole number from {least} to {most}";
            return fits;
        },
        ref broken);

    public void Expected(DocumentPlace place, DocumentNode value, string shape)
    {
        // Report an empty value at the place of its key, because the value has no visible place.
        if (value.IsEmpty)
            Errors.Add(place, $"is empty: write {shape}");
        else if (value is not DocumentFault)
            Errors.Add(place, value, $"must be {shape}, not {value.Kind}");
    }

    public List<DocumentField> Fields(DocumentNode node, DocumentPlace place, string shape)
    {
        if (node is not DocumentMapping mapping)
        {
            if (!node.IsEmpty)
                Expected(place, node, shape);
            return [];
        }

        var fields = new List<DocumentField>(mapping.Entries.Count);
        var seen = mapping.Entries.Count > Few ? new Dictionary<string, int>(StringComparer.Ordinal) : null;
        foreach (var (key, value) in mapping.Entries)
        {
            if (NameOf(key, value, place) is not { } name)
                continue;
            var field = new DocumentField(name, place.Key(name, key), value);
            if (LineOfTwin(fields, seen, field) is { } line)
                Errors.Add(field.Place, $"the same key stands on line {line} already: keep one of them");
            else
                fields.Add(field);
        }

        return fields;
    }

    private string? NameOf(DocumentNode key, DocumentNode value, DocumentPlace place)
    {
        if (key is DocumentText text)
        {
            // Ignore a merge key, because the alias in its value has already been reported.
            return text.Value == "<<" && value is DocumentFault ? null : text.Value;
        }

        if (key is not DocumentFault)
            Errors.Add(place, key, $"a key must be a single value, not {key.Kind}");
        return null;
    }

    private static int? LineOfTwin(List<DocumentField> fields, Dictionary<string, int>? seen, in DocumentField field)
    {
        if (seen is not null)
            return seen.TryAdd(field.Name, field.Place.Line) ? null : seen[field.Name];
        foreach (var other in fields)
        {
            if (other.Name == field.Name)
                return other.Place.Line;
        }

        return null;
    }
}
