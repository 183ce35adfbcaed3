namespace Weir;

/// <summary>Collects the errors of one document, and keeps only the first <see cref="MaxReported"/> by line.</summary>
/// <remarks>A hostile document can hold a million errors; the number of kept ones is bounded.</remarks>
internal sealed class DocumentErrors(string source)
{
    /// <summary>Errors reported of one document, at most; one more line says how many were left out.</summary>
    public const int MaxReported = 100;

    private const int MaxMessage = 500;

    private readonly List<PolicyError> _first = [];
    private int _dropped;

    /// <summary>How many were reported so far, those included that are not kept.</summary>
    public int Count => _first.Count + _dropped;

    public bool Any => _first.Count > 0;

    /// <summary>Reports an error in a key.</summary>
    public void Add(DocumentPlace place, string message) => Add(place.Line, place.Column, place.ToString(), message);

    /// <summary>Reports an error in a value: the path is that of its key, the line its own.</summary>
    public void Add(DocumentPlace place, DocumentNode value, string message) =>
        Add(value.Line, value.Column, place.ToString(), message);

    public void Add(int line, int column, string path, string message)
    {
        // A message may repeat words of the document, and goes to logs: nothing unseen and nothing endless gets
        // through.
        _first.Add(new PolicyError(source, line, column, path, Spelling.Visible(message, MaxMessage)));
        if (_first.Count >= 2 * MaxReported)
            KeepFirst();
    }

    /// <summary>The errors sorted by line, those of one line in the order they were found.</summary>
    public IReadOnlyList<PolicyError> Sorted()
    {
        if (!Any)
            return [];
        KeepFirst();
        return _dropped == 0
            ? [.. _first]
            : [.. _first, new PolicyError(source, 0, 0, "", $"and {_dropped} more; mend these first")];
    }

    private void KeepFirst()
    {
        // OrderBy is stable and List.Sort is not: errors of one place stay in the order they were found.
        PolicyError[] sorted = [.. _first.OrderBy(error => error.Line).ThenBy(error => error.Column).Take(MaxReported)];
        _dropped += _first.Count - sorted.Length;
        _first.Clear();
        _first.AddRange(sorted);
    }
}
