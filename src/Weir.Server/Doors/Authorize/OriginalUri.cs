using System.Buffers;
using Microsoft.AspNetCore.WebUtilities;

namespace Weir.Server;

// Parses a client's URI, relative or absolute. Normalizes the path (percent-decoded, without dot segments and repeated
// slashes), so that a limit on a path applies to every spelling.
internal sealed class OriginalUri
{
    private static readonly SearchValues<char> Ends = SearchValues.Create("/?#");

    private readonly ReadOnlyMemory<char> _query;

    public OriginalUri(string text)
    {
        var rest = WithoutAuthority(text.AsMemory());
        int fragment = rest.Span.IndexOf('#');
        if (fragment >= 0)
            rest = rest[..fragment];
        int query = rest.Span.IndexOf('?');
        _query = query < 0 ? default : rest[(query + 1)..];
        Path = Normalize((query < 0 ? rest : rest[..query]).ToString());
    }

    /// <summary>Host of an absolute URI; null for a relative one.</summary>
    public string? Host { get; private set; }

    public string Path { get; }

    /// <summary>Returns the first decoded value of a query parameter; null if the parameter is missing.</summary>
    public string? Parameter(string name)
    {
        foreach (var pair in new QueryStringEnumerable(_query))
        {
            if (pair.DecodeName().Span.SequenceEqual(name))
                return pair.DecodeValue().ToString();
        }

        return null;
    }

    private ReadOnlyMemory<char> WithoutAuthority(ReadOnlyMemory<char> text)
    {
        int scheme = text.Span.IndexOf("://");
        if (scheme <= 0 || text.Span.IndexOfAny(Ends) < scheme)
            return text;
        var authority = text[(scheme + 3)..];
        int end = authority.Span.IndexOfAny(Ends);
        var rest = end < 0 ? default : authority[end..];
        var host = (end < 0 ? authority : authority[..end]).Span;
        Host = host[(host.LastIndexOf('@') + 1)..].ToString();
        return rest;
    }

    private static string Normalize(string path)
    {
        bool isPlain = path.StartsWith('/') && !path.Contains('%')
            && !path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal);
        return isPlain ? path : WithoutDots(Uri.UnescapeDataString(path));
    }

    private static string WithoutDots(string path)
    {
        var segments = new List<string>();
        string last = "";
        foreach (string segment in path.Split('/'))
        {
            last = segment;
            if (segment == ".." && segments.Count > 0)
                segments.RemoveAt(segments.Count - 1);
            else if (segment is not ("" or "." or ".."))
                segments.Add(segment);
        }

        bool isFolder = segments.Count > 0 && last is "" or "." or "..";
        return $"/{string.Join('/', segments)}{(isFolder && segments.Count > 0 ? "/" : "")}";
    }
}
