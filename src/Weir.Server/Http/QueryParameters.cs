namespace Weir.Server;

/// <summary>
/// The query parameters of each path: the one place that says which there are, for whoever reads the API's description
/// and for the paths themselves.
/// </summary>
internal static class QueryParameters
{
    private const int MostShown = 40;

    private const string AttributePrefix = "attributes.";

    private static readonly QueryParameter Key = new("key", $"What is limited: 1 to {Bounds.MaxKeyBytes} bytes of UTF-8.", IsNeeded: true);

    private static readonly QueryParameter Tenant = new("tenant", $"The customer whose buckets are asked: {Bounds.NameRule}. \"{RequestFacts.DefaultTenant}\" by default.");

    private static readonly QueryParameter Cost = new("cost", $"Tokens: 0 to {Bounds.MaxCost}. 1 by default.", IsNumber: true);

    private static readonly QueryParameter Attribute = new(
        "attributes.NAME", $"A further dimension: NAME stands for its name, such as attributes.route=/search. At most {Bounds.MaxAttributes} of them.");

    private static readonly QueryParameter Limit = new("limit", "How many to list: 1 to 1000. 100 by default.", IsNumber: true);

    /// <summary>The parameters of a path under a method; none for most.</summary>
    /// <param name="path">The path, without the first slash.</param>
    /// <param name="method">The method.</param>
    public static IReadOnlyList<QueryParameter> Of(string path, string method) => (method, path) switch
    {
        ("GET", "limit/check") or ("GET", "admin/explain") => [Key, Tenant, Cost, Attribute],
        (_, "admin/buckets") => [Key, Tenant, Attribute],
        ("DELETE", "admin/block") => [Key, Tenant],
        ("GET", "admin/block") => [After("the tenant, a slash and the key of the last block of the page before"), Limit],
        ("GET", "admin/tenants") => [After("the last tenant of the page before"), Limit],
        ("GET", "admin/keys") => [After("the id of the last key of the page before"), Limit],
        ("GET", "admin/audit") => [new("before", "Only changes of versions below this one: the last version of the page before.", IsNumber: true), Limit],
        ("GET", "admin/top") =>
        [
            new("tenant", $"Whose keys to list: {Bounds.NameRule}. Without it, tenants are listed."),
            new("which", "denied or allowed; both without it."),
            new("after", "What next said, with which: it continues one list; left out for the first page."),
            new("limit", "How many to list: 1 to 1000. 20 by default.", IsNumber: true),
        ],
        _ => [],
    };

    /// <summary>
    /// What is wrong with the names of a request's query: one that the path does not have, or one that is given twice;
    /// null when nothing is.
    /// </summary>
    public static Complaint? ComplaintAbout(HttpContext http)
    {
        if (!http.Request.QueryString.HasValue || http.GetEndpoint() is not RouteEndpoint endpoint)
            return null;
        var known = Of((endpoint.RoutePattern.RawText ?? "").TrimStart('/'), http.Request.Method);
        foreach (var (name, values) in http.Request.Query)
        {
            string shown = name.Length <= MostShown ? name : name[..MostShown] + "…";
            if (!known.Any(parameter => Names(parameter, name)))
                return new Complaint(shown, $"{shown} is not a parameter of this path: leave it out, or correct its name ({Listed(known)})");
            if (values.Count != 1)
                return new Complaint(shown, $"{shown} is given {values.Count} times: give it once");
        }

        return null;
    }

    private static bool Names(QueryParameter parameter, string name) =>
        parameter.Name == name || (parameter.Name == Attribute.Name && (name == "attributes" || name.StartsWith(AttributePrefix, StringComparison.Ordinal)));

    private static string Listed(IReadOnlyList<QueryParameter> known) =>
        known.Count == 0 ? "it has none" : string.Join(", ", known.Select(parameter => parameter.Name));

    private static QueryParameter After(string what) => new("after", $"What next said, or {what}; left out for the first page.");
}

/// <summary>A query parameter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is, with its range and default.</param>
/// <param name="IsNumber">True for a whole number, else a string.</param>
/// <param name="IsNeeded">Whether it must be given.</param>
internal readonly record struct QueryParameter(string Name, string Description, bool IsNumber = false, bool IsNeeded = false);
