namespace Weir;

// Raw document of YAML or JSON with lines and columns from 1: the first of three stages. The second stage is the
// checked text (PlanText, TenantText), the third the immutable PolicySet.
internal abstract record DocumentNode(int Line, int Column)
{
    // Maximum number of values in a document. A hundred thousand tenants with overrides have about a million.
    public const int MaxNodes = 2_000_000;

    /// <summary>Maximum nesting. A policy needs six levels.</summary>
    public const int MaxDepth = 32;

    /// <summary>True for a value that was left out, as in "tenants:" with nothing behind it.</summary>
    public virtual bool IsEmpty => false;

    public abstract string Kind { get; }
}

/// <summary>A text. Numbers, booleans and dates are texts too.</summary>
internal sealed record DocumentText(int Line, int Column, string Value, bool Empty) : DocumentNode(Line, Column)
{
    public override bool IsEmpty => Empty;

    /// <summary>True for a text in quotes, which is no number, boolean or date.</summary>
    public bool IsQuoted { get; init; }

    public override string Kind => Empty ? "nothing" : "a single value";
}

internal sealed record DocumentMapping(
    int Line, int Column, List<(DocumentNode Key, DocumentNode Value)> Entries) : DocumentNode(Line, Column)
{
    public override string Kind => "a mapping";
}

internal sealed record DocumentList(int Line, int Column, List<DocumentNode> Items) : DocumentNode(Line, Column)
{
    public override string Kind => "a list";
}

/// <summary>An already reported fault, which causes no further error.</summary>
internal sealed record DocumentFault(int Line, int Column) : DocumentNode(Line, Column)
{
    /// <summary>True for a value that begins with ! without quotes.</summary>
    public bool IsTag { get; init; }

    public override string Kind => "unreadable";
}
