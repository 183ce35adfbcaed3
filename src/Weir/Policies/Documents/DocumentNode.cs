namespace Weir;

// A node of a YAML or JSON document, with line and column from 1: the first stage of three. The checked text (PlanText,
// TenantText) is the second stage, the immutable PolicySet the third.
internal abstract record DocumentNode(int Line, int Column)
{
    // Maximum number of values in a document. A document with 100,000 overridden tenants has about a million.
    public const int MaxNodes = 2_000_000;

    /// <summary>Maximum nesting depth. A policy needs six levels.</summary>
    public const int MaxDepth = 32;

    /// <summary>True if the value is left out, as in "tenants:" with nothing after the colon.</summary>
    public virtual bool IsEmpty => false;

    public abstract string Kind { get; }
}

/// <summary>A single value as text. Numbers, booleans and dates are kept as text, too.</summary>
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

/// <summary>A value whose error has been reported. It causes no further error.</summary>
internal sealed record DocumentFault(int Line, int Column) : DocumentNode(Line, Column)
{
    /// <summary>True if the value is a YAML tag: it begins with ! outside quotes.</summary>
    public bool IsTag { get; init; }

    public override string Kind => "unreadable";
}
