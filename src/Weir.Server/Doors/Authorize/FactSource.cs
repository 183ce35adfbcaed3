namespace Weir.Server;

/// <summary>Kinds of sources: the parts of a proxied request, or a constant.</summary>
internal enum SourceKind
{
    Header,
    Path,
    Method,
    Host,
    Ip,
    WholeIp,
    Query,
    Const,
}

/// <summary>A source of a fact, such as <c>header:X-Api-Key</c> or <c>ip</c>.</summary>
internal sealed record FactSource(SourceKind Kind, string Argument)
{
    public const string Forms = "header:NAME, path, method, host, ip, ip/128, query:NAME, const:VALUE";

    private const string WholeIp = "ip/128";

    private const string HeaderMarks = "!#$%&'*+-.^_`|~";

    /// <summary>Parses a source, or returns the predicate of an error message, such as <c>is unknown</c>.</summary>
    public static (FactSource? Source, string? Fault) Parse(string text)
    {
        int colon = text.IndexOf(':');
        string word = colon < 0 ? text : text[..colon];
        string argument = colon < 0 ? "" : text[(colon + 1)..].Trim();
        if (KindOf(word) is not { } kind)
            return (null, $"is unknown; use {Forms}");
        if (!TakesArgument(kind))
            return colon < 0 ? (new(kind, ""), null) : (null, $"takes no argument; use {word} alone");
        if (argument.Length == 0)
            return (null, $"lacks its argument; use {word}:{(kind == SourceKind.Const ? "VALUE" : "NAME")}");
        return kind != SourceKind.Header || argument.All(IsOfHeader)
            ? (new(kind, argument), null)
            : (null, "names no header; use a name such as header:X-Api-Key");
    }

    public override string ToString()
    {
        string word = Kind == SourceKind.WholeIp ? WholeIp : Kind.ToString().ToLowerInvariant();
        return TakesArgument(Kind) ? $"{word}:{Argument}" : word;
    }

    private static SourceKind? KindOf(string word) => word switch
    {
        "header" => SourceKind.Header,
        "path" => SourceKind.Path,
        "method" => SourceKind.Method,
        "host" => SourceKind.Host,
        "ip" => SourceKind.Ip,
        WholeIp => SourceKind.WholeIp,
        "query" => SourceKind.Query,
        "const" => SourceKind.Const,
        _ => null,
    };

    private static bool TakesArgument(SourceKind kind) =>
        kind is SourceKind.Header or SourceKind.Query or SourceKind.Const;

    private static bool IsOfHeader(char letter) => char.IsAsciiLetterOrDigit(letter) || HeaderMarks.Contains(letter);
}
