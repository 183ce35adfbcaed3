using System.Net;
using System.Text;
using System.Text.Unicode;

namespace Weir.Server;

/// <summary>Query parameters of a path. Refuses all others, because a misspelled name changes the decision.</summary>
internal sealed class QueryRule(params QueryParameter[] parameters)
{
    private const int MostShown = 40;

    public static readonly QueryRule None = new();

    public IReadOnlyList<QueryParameter> Parameters => parameters;

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

    public static string Shorten(string text) => text.Length <= MostShown ? text : text[..MostShown] + "…";

    private string Cure => parameters.Length == 0
        ? "it takes none, so leave it out"
        : $"leave it out, or correct its name ({string.Join(", ", parameters.Select(parameter => parameter.Name))})";

    /// <summary>False for bytes that are not UTF-8: the framework would leave these bytes encoded in the key.</summary>
    private static bool IsUtf8(string query)
    {
        if (!query.Contains('%', StringComparison.Ordinal))
            return true;
        byte[] encoded = Encoding.UTF8.GetBytes(query);
        return Utf8.IsValid(WebUtility.UrlDecodeToBytes(encoded, 0, encoded.Length));
    }
}
