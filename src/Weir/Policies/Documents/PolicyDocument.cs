using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Weir;

/// <summary>Reads policies from a document: YAML, or the same in JSON. The keys are described in <c>docs/policies.md</c>.</summary>
public static class PolicyDocument
{
    /// <summary>The size of a document, in bytes, at most: 16 MiB, some 200,000 tenants.</summary>
    public const int MaxBytes = 16 << 20;

    /// <summary>Reads a document.</summary>
    /// <param name="text">The document.</param>
    /// <param name="sourceName">What to call it in error messages; for a file, its path.</param>
    /// <exception cref="PolicyException">The document is wrong; the exception holds everything that is wrong with it.</exception>
    public static PolicySet Parse(string text, string sourceName) =>
        TryParse(text, sourceName, out var policies, out var errors) ? policies : throw new PolicyException(errors);

    /// <summary>Reads a document, or says everything that is wrong with it.</summary>
    /// <param name="text">The document.</param>
    /// <param name="sourceName">What to call it in error messages; for a file, its path.</param>
    /// <param name="policies">The policies, when true is returned.</param>
    /// <param name="errors">What is wrong, sorted by line; empty when true is returned.</param>
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

    /// <summary>Reads what one tenant has otherwise than its plan: <c>plan</c>, <c>limits</c>, <c>unlimited</c>, as in the document, and <c>until</c>.</summary>
    /// <param name="policies">The document whose plans are meant.</param>
    /// <param name="tenant">The tenant.</param>
    /// <param name="text">YAML or JSON.</param>
    /// <param name="plan">The tenant's plan, when true is returned.</param>
    /// <param name="until">Until when it holds; null for good.</param>
    /// <param name="errors">What is wrong; empty when true is returned.</param>
    public static bool TryParseTenant(
        PolicySet policies, string tenant, string text, [NotNullWhen(true)] out Plan? plan, out DateTimeOffset? until, out IReadOnlyList<PolicyError> errors)
    {
        ArgumentNullException.ThrowIfNull(policies);
        var layer = CompileTenant(policies, $"tenant {tenant}", tenant, text, below: null);
        (plan, until, errors) = (layer.Plan, layer.Until, layer.Errors);
        return plan is not null;
    }

    /// <summary>Reads what one tenant has otherwise than what is below it, and compiles both.</summary>
    internal static TenantLayer CompileTenant(PolicySet policies, string source, string tenant, string text, TenantText? below)
    {
        var found = new DocumentErrors(source);
        TenantText? own = null;
        Plan? plan = null;
        try
        {
            var walk = new DocumentWalk(found);
            if (policies.Compiler is null)
                found.Add(0, 0, "", "the policies were not read from a document, so there are no plans to merge this with");
            else if (DocumentSyntax.Read(text, found) is not { } root)
                found.Add(1, 1, "", "is empty: write plan, limits, unlimited or until");
            else
            {
                own = TenantText.ReadLive(walk, tenant, root);
                own = below is null ? own : own.Over(below);
                plan = policies.Compiler.Compile(walk, own);
            }
        }
        catch (UnreadableDocumentException fault)
        {
            found.Add(fault.Line, fault.Column, "", fault.Message);
        }

        return new TenantLayer(own, own?.Until, plan, found.Sorted());
    }

    /// <summary>Reads what one tenant has otherwise, and compiles nothing; null if it cannot be read.</summary>
    internal static TenantText? ReadTenant(string tenant, string text)
    {
        var errors = new DocumentErrors(tenant);
        try
        {
            var read = DocumentSyntax.Read(text, errors) is { } root ? TenantText.ReadLive(new DocumentWalk(errors), tenant, root) : null;
            return errors.Any ? null : read;
        }
        catch (UnreadableDocumentException)
        {
            return null;
        }
    }

    /// <summary>Reads what one key has otherwise than its tenant, and compiles both.</summary>
    /// <param name="policies">The document.</param>
    /// <param name="name">The tenant and the key.</param>
    /// <param name="text">JSON: <c>limits</c>, <c>unlimited</c> and <c>until</c>.</param>
    /// <param name="tenant">What the tenant has; null for no more than the default plan.</param>
    internal static (Plan? Plan, IReadOnlyList<PolicyError> Errors) CompileKey(PolicySet policies, (string Tenant, string Key) name, string text, TenantText? tenant)
    {
        var found = new DocumentErrors($"key {name.Key} of tenant {name.Tenant}");
        Plan? plan = null;
        try
        {
            if (policies.Compiler is null)
                found.Add(0, 0, "", "the policies were not read from a document, so there are no plans to merge this with");
            else if (DocumentSyntax.Read(text, found) is not { } root)
                found.Add(1, 1, "", "is empty: write limits, unlimited or until");
            else
            {
                var walk = new DocumentWalk(found);
                plan = policies.Compiler.Compile(walk, tenant ?? TenantText.Of(name.Tenant), KeyText.ReadLive(walk, name.Key, root));
            }
        }
        catch (UnreadableDocumentException fault)
        {
            found.Add(fault.Line, fault.Column, "", fault.Message);
        }

        return (plan, found.Sorted());
    }

    /// <summary>The time at which the live text of a key ends; null for good. A text that does not name a time is not read.</summary>
    internal static DateTimeOffset? EndOfKey(string text)
    {
        if (!text.Contains(DocumentKeys.Until, StringComparison.Ordinal) && !text.Contains('\\'))
            return null;
        try
        {
            var errors = new DocumentErrors("");
            return DocumentSyntax.Read(text, errors) is { } root ? KeyText.ReadLive(new DocumentWalk(errors), "", root).Until : null;
        }
        catch (UnreadableDocumentException)
        {
            return null;
        }
    }

    /// <summary>Reads a document from a file in UTF-8.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="PolicyException">The file cannot be read, or the document is wrong.</exception>
    public static PolicySet Load(string path) => Load(path, out _);

    /// <summary>Reads a document from a file in UTF-8, and gives its text too, since a moment later the file may hold another one.</summary>
    /// <param name="path">The file.</param>
    /// <param name="text">The text, a byte order mark included.</param>
    /// <inheritdoc cref="Load(string)" path="/exception"/>
    public static PolicySet Load(string path, out string text)
    {
        ArgumentNullException.ThrowIfNull(path);
        try
        {
            text = ReadText(path);
            return Parse(text, path);
        }
        catch (UnreadableDocumentException fault)
        {
            throw new PolicyException([new PolicyError(path, fault.Line, fault.Column, "", fault.Message)]);
        }
    }

    private static PolicySet? Read(string text, DocumentErrors errors)
    {
        try
        {
            var walk = new DocumentWalk(errors);
            var document = PolicyText.Read(walk, DocumentSyntax.Read(text, errors));
            return document is null ? null : new PolicyCompiler(walk, document).Compile();
        }
        catch (UnreadableDocumentException fault)
        {
            errors.Add(fault.Line, fault.Column, "", fault.Message);
            return null;
        }
    }

    private static string ReadText(string path)
    {
        byte[] bytes = ReadBytes(path);
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            var before = bytes.AsSpan(0, Math.Clamp(fault.Index, 0, bytes.Length));
            throw new UnreadableDocumentException(
                before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'), "this is not UTF-8: save the file as UTF-8");
        }
    }

    private static byte[] ReadBytes(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw Unusable("the path is empty: name the policy file");
        if (Directory.Exists(path))
            throw Unusable("this is a directory: name the file in it");
        if (!File.Exists(path))
            throw Unusable($"there is no such file ({FullPath(path)}): write it, or name another one");
        try
        {
            using var file = File.OpenRead(path);
            using var content = new MemoryStream();
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                content.Write(buffer, 0, read);
                // Counted while reading: the length of a device or of a growing file says nothing.
                if (content.Length > MaxBytes)
                    throw Unusable($"the file is larger than {MaxBytes >> 20} MiB: split the tenants over several services");
            }

            return content.ToArray();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"the file cannot be read: {fault.Message}");
        }
    }

    private static string FullPath(string path) => path.Contains('\0') ? Spelling.Quote(path) : Path.GetFullPath(path);

    private static UnreadableDocumentException Unusable(string message) => new(0, 0, message);
}
