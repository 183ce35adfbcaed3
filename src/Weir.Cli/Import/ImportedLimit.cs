using System.Text.Encodings.Web;
using System.Text.Json;
using Weir.Server;

namespace Weir.Cli.Import;

/// <summary>Converts a rule to a limit. A value becomes a condition, and a key without a value a dimension. A pattern
/// becomes both, unless its values share a counter.</summary>
internal sealed class ImportedLimit(EnvoyNode[] path, Dictionary<string, List<string>> exceptions)
{
    private const int MaxPatterns = 16;
    private const int MaxPatternLength = 80;

    /// <summary>Begins a line below the name of the limit.</summary>
    private const string Indent = "\n        ";

    private static readonly JsonSerializerOptions Readable =
        new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private EnvoyRule Rule => path[^1].Rule!;

    /// <summary>Returns why a rule cannot become a limit; null if it can.</summary>
    public static string? WhyNot(EnvoyNode[] path)
    {
        if (path.FirstOrDefault(node => !Bounds.IsName(node.Key)) is { } unnamed)
            return $"{JsonSerializer.Serialize(unnamed.Key, Readable)} is no name of an attribute";
        if (path.Select(node => node.Key).Distinct().Count() < path.Length)
            return "a request has each attribute once";
        return path.Any(node => node.Value.Length > MaxPatternLength)
            ? $"a value is longer than {MaxPatternLength} characters" : null;
    }

    /// <summary>Quotes a text for YAML, unless it is plainly a word.</summary>
    public static string Quote(string text) =>
        text.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.') && char.IsAsciiLetter(text[0])
            && text is not ("null" or "Null" or "NULL")
            ? text
            : JsonSerializer.Serialize(text, Readable);

    public string Write(HashSet<string> names, List<string> notes)
    {
        var by = path.Where(IsDimension).Select(node => node.Key);
        var when = path.Where(node => node.Value.Length > 0).Select(node => $"{Quote(node.Key)}: {Quote(node.Value)}");
        List<string> parts = [$"by: [{string.Join(", ", by.Select(Quote))}]", .. Block("when", when)];
        parts.AddRange(Block("unless", Unless(notes)));
        parts.Add(Window());
        if (Rule.IsShadow)
            parts.Add("mode: shadow");
        if (Rule.IsQuota)
            notes.Add($"{Rule.Path}: quota_mode is left out: the limit refuses by itself");
        if (Rule.Metadata is not null)
            notes.Add($"{Rule.Path}: metadata is left out");
        if (Rule.IsDetailed || path.Any(node => node.HasValueInMetric))
            notes.Add($"{Rule.Path}: metrics name the limit, and no values of requests");
        return $"{Quote(NameOf(names))}:{Indent}{string.Join(Indent, parts)}";
    }

    // One unless has one attribute here: with several it would except only requests that have all of them.
    private IEnumerable<string> Unless(List<string> notes)
    {
        foreach (var (key, _) in exceptions.Skip(1))
            notes.Add($"{Rule.Path}: also counts descriptors with some values of {key} that have rules of their own");
        if (exceptions.Count == 0)
            yield break;
        var (first, values) = exceptions.First();
        if (values.Count > MaxPatterns)
            notes.Add($"{Rule.Path}: has more than {MaxPatterns} exceptions; only the first are kept");
        yield return $"{Quote(first)}: [{string.Join(", ", values.Take(MaxPatterns).Select(Quote))}]";
    }

    private string Window()
    {
        var period = EnvoyWindow.PeriodOf(Rule.Limit!.Unit);
        string from = period.From is { } start ? $", from: {start}" : "";
        return $"window: {{ limit: {Rule.Limit.RequestsPerUnit}, every: {period}, zone: {EnvoyWindow.Zone}{from} }}";
    }

    /// <summary>Names the limit after its path; no two limits alike.</summary>
    private string NameOf(HashSet<string> names)
    {
        string spelled = EnvoyConfig.NameOf("", path.Select(node => new EnvoyEntry(node.Key, node.Value)))[1..];
        string plain = string.Concat(spelled.Select(c => Bounds.IsName([c]) ? c : '-'));
        string name = plain[..Math.Min(plain.Length, Bounds.MaxNameLength - 4)];
        for (int i = 2; !names.Add(name); i++)
            name = $"{plain[..Math.Min(plain.Length, Bounds.MaxNameLength - 4)]}-{i}";
        return name;
    }

    /// <summary>True for a key whose values have counters of their own.</summary>
    private static bool IsDimension(EnvoyNode node) =>
        node.Value.Length == 0 || (node.IsPattern && !node.IsShared);

    private static IEnumerable<string> Block(string key, IEnumerable<string> entries)
    {
        string inner = string.Join(", ", entries);
        return inner.Length == 0 ? [] : [$"{key}: {{ {inner} }}"];
    }
}
