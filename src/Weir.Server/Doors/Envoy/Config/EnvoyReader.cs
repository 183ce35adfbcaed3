namespace Weir.Server;

/// <summary>Reads the files of a configuration one by one, and collects the errors of all of them.</summary>
internal sealed class EnvoyReader(bool mergeDomains, IEnumerable<PolicyError>? faults = null)
{
    /// <summary>Maximum length of all files together.</summary>
    public const int MaxLength = PolicyDocument.MaxBytes;

    private readonly Dictionary<string, EnvoyNode> _domains = new(StringComparer.Ordinal);

    /// <summary>The files of domains, and of the descriptors right below them.</summary>
    private readonly Dictionary<EnvoyNode, string> _homes = [];

    private readonly List<PolicyError> _errors = [.. faults ?? []];
    private long _length;

    public void Add(string source, string text)
    {
        var errors = new DocumentErrors(source);
        _length += text.Length;
        if (_length > MaxLength)
            errors.Add(0, 0, "", $"the files are longer than {MaxLength >> 20} MiB together: write fewer descriptors");
        else
            Read(source, text, errors);
        _errors.AddRange(errors.Sorted());
    }

    /// <exception cref="PolicyException">A file is wrong.</exception>
    public EnvoyConfig Finish()
    {
        if (_errors.Count == 0)
            return new EnvoyConfig(_domains);
        var first = _errors.Take(DocumentErrors.MaxReported).ToList();
        int more = _errors.Count - first.Count;
        if (more > 0)
            first.Add(new PolicyError(first[^1].Source, 0, 0, "", $"and {more} more; correct these first"));
        throw new PolicyException(first);
    }

    private void Read(string source, string text, DocumentErrors errors)
    {
        var root = DocumentSyntax.Read(text, errors, hasAliases: true);
        if (root is null || root.IsEmpty)
        {
            if (!errors.Any)
                errors.Add(1, 1, "", "is empty: write a domain and its descriptors");
            return;
        }

        var document = new EnvoyDocument(new DocumentWalk(errors)).Read(root);
        if (document.Domain is { } domain)
            Add(source, domain, document.Root, errors);
    }

    private void Add(string source, in DocumentField domain, EnvoyNode root, DocumentErrors errors)
    {
        if (_domains.TryAdd(domain.Name, root))
        {
            _homes.Add(root, source);
            foreach (var child in root.Children)
                _homes.Add(child, source);
        }
        else if (mergeDomains)
            Merge(source, _domains[domain.Name], root, errors);
        else
        {
            errors.Add(domain.Place, domain.Value, $"the domain {Weir.Spelling.Quote(domain.Name)} is in "
                + $"{_homes[_domains[domain.Name]]} already: move its descriptors there, rename it, or set "
                + "Weir:Envoy:MergeDomains=true");
        }
    }

    private void Merge(string source, EnvoyNode into, EnvoyNode from, DocumentErrors errors)
    {
        foreach (var child in from.Children)
        {
            if (into.Twin(child) is { } twin)
            {
                errors.Add(child.Line, child.Column, EnvoyKeys.Descriptors, "a descriptor with this key and value "
                    + $"stands in {_homes[twin]}, line {twin.Line}, already: keep one of them");
                continue;
            }

            into.Add(child);
            _homes.Add(child, source);
        }
    }
}
