namespace Weir.Server;

/// <summary>Sources of a fact, in order of priority. The first source that has a value is used.</summary>
internal sealed class FactSources
{
    public const int Most = 8;

    private readonly FactSource[] _all;

    private FactSources(FactSource[] all) => _all = all;

    public IEnumerable<string> Constants =>
        _all.Where(source => source.Kind == SourceKind.Const).Select(source => source.Argument);

    /// <summary>Parses a comma-separated list of sources, or returns the predicate of an error message.</summary>
    public static (FactSources? Sources, string? Fault) Parse(string text)
    {
        string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (parts.Length is 0 or > Most)
            return (null, $"is no list of sources: it has {parts.Length}; use 1 to {Most} out of {FactSource.Forms}");
        var all = new FactSource[parts.Length];
        for (int i = 0; i < all.Length; i++)
        {
            var (source, fault) = FactSource.Parse(parts[i]);
            if (source is null)
                return (null, $"is no list of sources: source {i + 1} {fault}");
            all[i] = source;
        }

        return (new(all), null);
    }

    /// <summary>Returns the value of the first source with a value; null if there is none.</summary>
    public string? ValueIn(OriginalRequest request)
    {
        foreach (var source in _all)
        {
            if (request.ValueOf(source) is { Length: > 0 } value)
                return value;
        }

        return null;
    }

    public override string ToString() => string.Join(", ", (object[])_all);
}
