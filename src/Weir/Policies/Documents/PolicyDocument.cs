using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Parses policies in YAML or JSON. <c>docs/policies.md</c> describes the keys.</summary>
public static class PolicyDocument
{
    /// <summary>Maximum size of a document in bytes: 16 MiB, about 200,000 tenants.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Parses a document. The source name, usually a path, appears in errors.</summary>
    /// <exception cref="PolicyException">The document is invalid; the exception lists the errors.</exception>
    public static PolicySet Parse(string text, string sourceName) =>
        TryParse(text, sourceName, out var policies, out var errors) ? policies : throw new PolicyException(errors);

    /// <summary>Parses a document. If it is invalid, returns false and the errors, sorted by line.</summary>
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

    /// <summary>Compiles a tenant's live override. Returns false and the errors if the override is invalid.</summary>
    public static bool TryParseTenant(
        PolicySet policies, string tenant, string text, [NotNullWhen(true)] out Plan? plan, out DateTimeOffset? until, out IReadOnlyList<PolicyError> errors)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var layer = CompileTenant(policies, $"tenant {tenant}", tenant, text, below: null);
        (plan, until, errors) = (layer.Plan, layer.Until, layer.Errors);
        return plan is not null;
    }

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

    internal static TenantText? ReadTenant(string tenant, string text)
    {
        var errors = new DocumentErrors(tenant);
        var read = DocumentSyntax.Read(text, errors) is { } root ? TenantText.ReadLive(new DocumentWalk(errors), tenant, root) : null;
        return errors.Any ? null : read;
    }

    // Compiles a key's live override over its tenant's text (null: the default plan). The plan is null after an error.
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

    // Returns the end of a key's live override, and the end's place; null if there is no end or the text is unreadable.
    internal static (DateTimeOffset Time, DocumentPlace Place)? EndOfKey(string text)
    {
        if (!text.Contains(DocumentKeys.Until, StringComparison.Ordinal) && !text.Contains('\\'))
            return null;
        var errors = new DocumentErrors("");
        var key = DocumentSyntax.Read(text, errors) is { } root ? KeyText.ReadLive(new DocumentWalk(errors), "", root) : null;
        return key is { Until: { } until, UntilPlace: { } place } ? (until, place) : null;
    }

    /// <summary>Parses a document in a UTF-8 file.</summary>
    /// <exception cref="PolicyException">The file cannot be read, or the document is invalid.</exception>
    public static PolicySet Load(string path) => Load(path, out _);

    /// <summary>Parses a document in a UTF-8 file, and returns the text of the file, too.</summary>
    /// <exception cref="PolicyException">The file cannot be read, or the document is invalid.</exception>
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
