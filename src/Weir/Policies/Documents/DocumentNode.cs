namespace Weir;

/// <summary>
/// A document as it was written, before anything is known of its meaning: the first of its three tenses.
/// </summary>
/// <param name="Line">The line it begins on, from 1.</param>
/// <param name="Column">The column it begins at, from 1.</param>
/// <remarks>
/// The second tense is the checked text (<see cref="PlanText"/>, <see cref="TenantText"/>), the third the immutable
/// <see cref="PolicySet"/>. YAML and JSON meet here, so what follows knows neither.
/// </remarks>
internal abstract record DocumentNode(int Line, int Column)
{
    /// <summary>
    /// Values in one document, at most. A hundred thousand tenants with overrides are about a million.
    /// </summary>
    public const int MaxNodes = 2_000_000;

    /// <summary>Mappings and lists within each other, at most. A policy needs six.</summary>
    public const int MaxDepth = 32;

    /// <summary>True for a value that was left out, as in <c>tenants:</c> with nothing behind it.</summary>
    public virtual bool IsEmpty => false;

    /// <summary>The kind of the node, in words, for error messages.</summary>
    public abstract string Kind { get; }
}

/// <summary>A text. Numbers, <c>true</c> and dates are texts too: every value means what it spells.</summary>
internal sealed record DocumentText(int Line, int Column, string Value, bool Empty) : DocumentNode(Line, Column)
{
    public override bool IsEmpty => Empty;

    public override string Kind => Empty ? "nothing" : "a single value";
}

/// <summary>Keys with their values, in the order they were written; keys may still repeat.</summary>
internal sealed record DocumentMapping(
    int Line, int Column, List<(DocumentNode Key, DocumentNode Value)> Entries) : DocumentNode(Line, Column)
{
    public override string Kind => "a mapping";
}

/// <summary>A list of values.</summary>
internal sealed record DocumentList(int Line, int Column, List<DocumentNode> Items) : DocumentNode(Line, Column)
{
    public override string Kind => "a list";
}

/// <summary>Something that was reported when it was read, so that nothing more is said of it.</summary>
internal sealed record DocumentFault(int Line, int Column) : DocumentNode(Line, Column)
{
    /// <summary>True for a value that begins with <c>!</c> without quotes.</summary>
    public bool IsTag { get; init; }

    public override string Kind => "unreadable";
}
