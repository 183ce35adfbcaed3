namespace Weir;

// Collects the errors of one document. Keeps only the first errors by line: a hostile document can have a million.
internal sealed class DocumentErrors(string source)
{
    /// <summary>Maximum number of reported errors. One more entry counts the errors that are left out.</summary>
    public const int MaxReported = 100;

    private const int MaxMessage = 500;

    private readonly List<PolicyError> _first = [];
    private int _dropped;

    public int Count => _first.Count + _dropped;

    public bool Any => _first.Count > 0;

    public void Add(DocumentPlace place, string message) => Add(place.Line, place.Column, place.ToString(), message);

    /// <summary>Reports an error in a value: at the value's line and column, with the path of its key.</summary>
    public void Add(DocumentPlace place, DocumentNode value, string message) =>
        Add(value.Line, value.Column, place.ToString(), message);

    public void Add(int line, int column, string path, string message)
    {
        // Escape invisible characters and limit the length, because a message may quote the document and goes to logs.
        _first.Add(new PolicyError(source, line, column, path, Spelling.Visible(message, MaxMessage)));
        if (_first.Count >= 2 * MaxReported)
            KeepFirst();
    }

    /// <summary>Returns the errors sorted by line and column; errors of one place stay in the order found.</summary>
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
        // Sort by OrderBy, which is stable, unlike List.Sort.
        PolicyError[] sorted = [.. _first.OrderBy(error => error.Line).ThenBy(error => error.Column).Take(MaxReported)];
        _dropped += _first.Count - sorted.Length;
        _first.Clear();
        _first.AddRange(sorted);
    }
}
