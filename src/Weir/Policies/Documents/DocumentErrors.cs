namespace Weir;

// Collects the errors of one document. Keeps only the first by line: a hostile document has a million.
internal sealed class DocumentErrors(string source)
{
    /// <summary>Maximum number of reported errors; one more line counts the rest.</summary>
    public const int MaxReported = 100;

    private const int MaxMessage = 500;

    private readonly List<PolicyError> _first = [];
    private int _dropped;

    public int Count => _first.Count + _dropped;

    public bool Any => _first.Count > 0;

    public void Add(DocumentPlace place, string message) => Add(place.Line, place.Column, place.ToString(), message);

    /// <summary>Reports an error in a value: its own line, with the path of its key.</summary>
    public void Add(DocumentPlace place, DocumentNode value, string message) =>
        Add(value.Line, value.Column, place.ToString(), message);

    public void Add(int line, int column, string path, string message)
    {
        // A message may quote the document, and goes to logs: escape invisible characters, and bound the length.
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
        // OrderBy is stable, unlike List.Sort: errors of one place stay in the order they were found.
        PolicyError[] sorted = [.. _first.OrderBy(error => error.Line).ThenBy(error => error.Column).Take(MaxReported)];
        _dropped += _first.Count - sorted.Length;
        _first.Clear();
        _first.AddRange(sorted);
    }
}
