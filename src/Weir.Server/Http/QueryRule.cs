using System.Net;
using System.Text;
using System.Text.Unicode;

namespace Weir.Server;

/// <summary>
/// The query parameters of a path, as metadata. Others are refused, because a misspelled parameter would silently
/// change the question.
/// </summary>
/// <param name="parameters">The parameters.</param>
internal sealed class QueryRule(params QueryParameter[] parameters)
{
    private const int MostShown = 40;

    /// <summary>Takes no parameters.</summary>
    public static readonly QueryRule None = new();

    /// <summary>The parameters, in the order in which they are described.</summary>
    public IReadOnlyList<QueryParameter> Parameters => parameters;

    /// <summary>Returns the error in the names of a request's query, or null.</summary>
    public Complaint? Complaint(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
            return null;
        if (!IsUtf8(request.QueryString.Value!))
            return new Complaint("query", "the query holds bytes that are not UTF-8: write characters in UTF-8 before encoding them with %");
        foreach (var (name, values) in request.Query)
        {
            if (!parameters.Any(parameter => parameter.IsNamed(name)))
                return new Complaint(Shorten(name), $"{Shorten(name)} is not a parameter of this path: {Cure}");
            if (values.Count != 1)
                return new Complaint(Shorten(name), $"{Shorten(name)} is given {values.Count} times: give it once");
        }

        return null;
    }

    /// <summary>A text that a caller chose, cut to what a reader needs.</summary>
    public static string Shorten(string text) => text.Length <= MostShown ? text : text[..MostShown] + "…";

    private string Cure => parameters.Length == 0
        ? "it takes none, so leave it out"
        : $"leave it out, or correct its name ({string.Join(", ", parameters.Select(parameter => parameter.Name))})";

    /// <summary>The framework leaves such bytes encoded, so that two spellings of one key would be two keys.</summary>
    private static bool IsUtf8(string query)
    {
        if (!query.Contains('%', StringComparison.Ordinal))
            return true;
        byte[] encoded = Encoding.UTF8.GetBytes(query);
        return Utf8.IsValid(WebUtility.UrlDecodeToBytes(encoded, 0, encoded.Length));
    }
}
