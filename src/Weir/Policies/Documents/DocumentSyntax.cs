using System.Buffers;

namespace Weir;

internal static class DocumentSyntax
{
    private static readonly SearchValues<char> Unwanted = SearchValues.Create(UnwantedCharacters());

    public static DocumentNode? Read(string text, DocumentErrors errors, bool hasAliases = false)
    {
        try
        {
            return ReadReadable(text.TrimStart('\uFEFF'), errors, hasAliases);
        }
        catch (UnreadableDocumentException fault)
        {
            errors.Add(fault.Line, fault.Column, "", fault.Message);
            return null;
        }
    }

    private static DocumentNode? ReadReadable(string text, DocumentErrors errors, bool hasAliases)
    {
        Demand(text);
        if (!text.AsSpan().TrimStart().StartsWith('{'))
            return YamlSyntax.Read(text, errors, hasAliases);
        try
        {
            return JsonSyntax.Read(text);
        }
        catch (UnreadableDocumentException json)
        {
            return ReadFlowStyle(text, errors, json);
        }
    }

    // Reads a text in braces as YAML after JSON has failed. If YAML fails too, reports the JSON error for quoted keys.
    private static DocumentNode? ReadFlowStyle(string text, DocumentErrors errors, UnreadableDocumentException json)
    {
        try
        {
            return YamlSyntax.Read(text, errors);
        }
        catch (UnreadableDocumentException) when (text.AsSpan().TrimStart()[1..].TrimStart().StartsWith("\""))
        {
            throw json;
        }
    }

    // Rejects texts that are too long, and control characters: YAML ends lines at some, so a comment could hide a rule.
    private static void Demand(string text)
    {
        if (text.Length > PolicyDocument.MaxBytes)
            throw new UnreadableDocumentException(1, 1, $"longer than {PolicyDocument.MaxBytes >> 20} MiB: split the tenants over several services");
        int at = text.AsSpan().IndexOfAny(Unwanted);
        if (at < 0)
            return;
        int line = text.AsSpan(0, at).Count('\n') + 1;
        int column = at - text.AsSpan(0, at).LastIndexOf('\n');
        throw new UnreadableDocumentException(line, column, $"the invisible character U+{(int)text[at]:X4} is not allowed: remove it");
    }

    private static char[] UnwantedCharacters() =>
    [
        .. Enumerable.Range(0, 0x20).Select(code => (char)code).Except(['\t', '\n', '\r']),
        .. Enumerable.Range(0x7F, 0x21).Select(code => (char)code),
        '\u2028', '\u2029', '\uFEFF',
    ];
}
