using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// Reads policies from a document: YAML, or the same in JSON. The keys are described in <c>docs/policies.md</c>.
/// </summary>
public static class PolicyDocument
{
    /// <summary>The size of a document, in bytes, at most: 16 MiB, some 200,000 tenants.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Reads a document.</summary>
    /// <param name="text">The document.</param>
    /// <param name="sourceName">What to call it in error messages; for a file, its path.</param>
    /// <exception cref="PolicyException">The document is wrong; the exception holds all errors.</exception>
    public static PolicySet Parse(string text, string sourceName) =>
        TryParse(text, sourceName, out var policies, out var errors) ? policies : throw new PolicyException(errors);

    /// <summary>Reads a document, or returns all of its errors.</summary>
    /// <param name="text">The document.</param>
    /// <param name="sourceName">What to call it in error messages; for a file, its path.</param>
    /// <param name="policies">The policies, when true is returned.</param>
    /// <param name="errors">The errors, sorted by line; empty when true is returned.</param>
    public static bool TryParse(
        string text, string sourceName, [NotNullWhen(true)] out PolicySet? policies, out IReadOnlyList<PolicyError> errors)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(sourceName);
        var found = new DocumentErrors(sourceName);
        policies = Read(text, found);
        errors = found.Sorted();
        return policies is not null;
    }

    /// <summary>
    /// Reads the text of one tenant: <c>plan</c>, <c>limits</c>, <c>unlimited</c>, as in the document, and
    /// <c>until</c>.
    /// </summary>
    /// <param name="policies">The document whose plans are meant.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="plan">The tenant's plan, when true is returned.</param>
    /// <param name="until">Until when it holds; null for good.</param>
    /// <param name="errors">The errors; empty when true is returned.</param>
    public static bool TryParseTenant(
        PolicySet policies, string tenant, string text, [NotNullWhen(true)] out Plan? plan, out DateTimeOffset? until, out IReadOnlyList<PolicyError> errors)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var layer = CompileTenant(policies, $"tenant {tenant}", tenant, text, below: null);
        (plan, until, errors) = (layer.Plan, layer.Until, layer.Errors);
        return plan is not null;
    }

    /// <summary>Reads the text of one tenant, and compiles it over the layer below.</summary>
    internal static TenantLayer CompileTenant(PolicySet policies, string source, string tenant, string text, TenantText? below)
    {
        var errors = new DocumentErrors(source);
        TenantText? own = null;
        Plan? plan = null;
        if (CompilerOf(policies, errors) is { } compiler && RootOf(text, "plan, limits, unlimited or until", errors) is { } root)
        {
            var walk = new DocumentWalk(errors);
            own = TenantText.ReadLive(walk, tenant, root);
            own = below is null ? own : own.Over(below);
            plan = compiler.Compile(walk, own);
        }

        return new TenantLayer(own, own?.Until, plan, errors.Sorted());
    }

    /// <summary>Reads the text of one tenant without compiling it; null if it cannot be read.</summary>
    internal static TenantText? ReadTenant(string tenant, string text)
    {
        var errors = new DocumentErrors(tenant);
        var read = DocumentSyntax.Read(text, errors) is { } root ? TenantText.ReadLive(new DocumentWalk(errors), tenant, root) : null;
        return errors.Any ? null : read;
    }

    /// <summary>Reads the live text of one key, and compiles it over its tenant.</summary>
    /// <param name="policies">The document.</param>
    /// <param name="name">The tenant and the key.</param>
    /// <param name="text">JSON: <c>limits</c>, <c>unlimited</c> and <c>until</c>.</param>
    /// <param name="tenant">The text of the tenant; null for the default plan alone.</param>
    internal static (Plan? Plan, IReadOnlyList<PolicyError> Errors) CompileKey(PolicySet policies, (string Tenant, string Key) name, string text, TenantText? tenant)
    {
        var errors = new DocumentErrors($"key {name.Key} of tenant {name.Tenant}");
        Plan? plan = null;
        if (CompilerOf(policies, errors) is { } compiler && RootOf(text, "limits, unlimited or until", errors) is { } root)
        {
            var walk = new DocumentWalk(errors);
            plan = compiler.Compile(walk, tenant ?? TenantText.Of(name.Tenant), KeyText.ReadLive(walk, name.Key, root));
        }

        return (plan, errors.Sorted());
    }

    /// <summary>
    /// The time at which the live text of a key ends, and where it says so; null for good. A text that does not name a
    /// time is not read.
    /// </summary>
    internal static (DateTimeOffset Time, DocumentPlace Place)? EndOfKey(string text)
    {
        if (!text.Contains(DocumentKeys.Until, StringComparison.Ordinal) && !text.Contains('\\'))
            return null;
        var errors = new DocumentErrors("");
        var key = DocumentSyntax.Read(text, errors) is { } root ? KeyText.ReadLive(new DocumentWalk(errors), "", root) : null;
        return key is { Until: { } until, UntilPlace: { } place } ? (until, place) : null;
    }

    /// <summary>Reads a document from a file in UTF-8.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="PolicyException">The file cannot be read, or the document is wrong.</exception>
    public static PolicySet Load(string path) => Load(path, out _);

    /// <summary>
    /// Reads a document from a file in UTF-8, and gives its text too, since a moment later the file may hold another
    /// one.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The text, a byte order mark included.</param>
    /// <inheritdoc cref="Load(string)" path="/exception"/>
    public static PolicySet Load(string path, out string text)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            text = DocumentFile.ReadText(path);
            return Parse(text, path);
        }
        catch (UnreadableDocumentException fault)
        {
            throw new PolicyException([new PolicyError(path, fault.Line, fault.Column, "", fault.Message)]);
        }
    }

    private static PolicySet? Read(string text, DocumentErrors errors)
    {
        var walk = new DocumentWalk(errors);
        var root = DocumentSyntax.Read(text, errors);
        return (root is null && errors.Any) || PolicyText.Read(walk, root) is not { } document ? null : new PolicyCompiler(walk, document).Compile();
    }

    private static PolicyCompiler? CompilerOf(PolicySet policies, DocumentErrors errors)
    {
        if (policies.Compiler is null)
            errors.Add(0, 0, "", "the policies were not read from a document, so there are no plans to merge this with");
        return policies.Compiler;
    }

    private static DocumentNode? RootOf(string text, string keys, DocumentErrors errors)
    {
        var root = DocumentSyntax.Read(text, errors);
        if (root is null && !errors.Any)
            errors.Add(1, 1, "", $"is empty: write {keys}");
        return root;
    }
}
