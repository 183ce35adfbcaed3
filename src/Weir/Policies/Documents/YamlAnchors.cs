namespace Weir;

/// <summary>The anchors of a YAML document, and the merge key.</summary>
internal sealed class YamlAnchors
{
    private const string MergeKey = "<<";

    private readonly Dictionary<string, Anchor> _known = new(StringComparer.Ordinal);

    /// <summary>An anchored node with the number of its values and its levels below the first.</summary>
    public sealed record Anchor(DocumentNode Node, int Size, int Height);

    public void Add(string name, DocumentNode node, int size) => _known[name] = new Anchor(node, size, HeightOf(node));

    public Anchor? Find(string name) => _known.GetValueOrDefault(name);

    /// <summary>Replaces merge keys by the entries of their mappings. The mapping's own entries win.</summary>
    public static List<(DocumentNode Key, DocumentNode Value)> Merge(List<(DocumentNode Key, DocumentNode Value)> own)
    {
        if (!own.Exists(entry => SourcesOf(entry).Count > 0))
            return own;
        var merged = own.FindAll(entry => SourcesOf(entry).Count == 0);
        var names = merged.Select(entry => entry.Key).OfType<DocumentText>().Select(key => key.Value)
            .ToHashSet(StringComparer.Ordinal);
        foreach (var source in own.SelectMany(SourcesOf))
            merged.AddRange(source.Entries.FindAll(entry => entry.Key is DocumentText key && names.Add(key.Value)));
        return merged;
    }

    /// <summary>Returns the mappings of a merge key; none for any other entry.</summary>
    private static List<DocumentMapping> SourcesOf((DocumentNode Key, DocumentNode Value) entry) => entry switch
    {
        { Key: not DocumentText { Value: MergeKey, IsQuoted: false } } => [],
        { Value: DocumentMapping mapping } => [mapping],
        { Value: DocumentList { Items: var items } } when items.TrueForAll(item => item is DocumentMapping) =>
            [.. items.Cast<DocumentMapping>()],
        _ => [],
    };

    private static int HeightOf(DocumentNode node) => node switch
    {
        DocumentList { Items: var items } => 1 + items.Select(HeightOf).DefaultIfEmpty().Max(),
        DocumentMapping { Entries: var entries } =>
            1 + entries.Select(entry => Math.Max(HeightOf(entry.Key), HeightOf(entry.Value))).DefaultIfEmpty().Max(),
        _ => 0,
    };
}
