namespace Weir.Server;

/// <summary>The query parameters of each path, in words: what reads them notices strangers, and so reads them by hand.</summary>
internal static class QueryParameters
{
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
        ("GET", "admin/tenants") => [After("the last tenant of the page before"), Limit],
        ("GET", "admin/keys") => [After("the id of the last key of the page before"), Limit],
        ("GET", "admin/audit") => [new("before", "Only changes of versions below this one: the last version of the page before.", IsNumber: true), Limit],
        ("GET", "admin/top") =>
        [
            new("tenant", $"Whose keys to list: {Bounds.NameRule}. Without it, tenants are listed."),
            new("which", "denied or allowed; both without it."),
            new("limit", "How many to list: 1 to 1000. 20 by default.", IsNumber: true),
        ],
        _ => [],
    };

    private static QueryParameter After(string what) => new("after", $"What next said, or {what}; left out for the first page.");
}

/// <summary>A query parameter.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Description">What it is, with its range and default.</param>
/// <param name="IsNumber">True for a whole number, else a string.</param>
/// <param name="IsNeeded">Whether it must be given.</param>
internal readonly record struct QueryParameter(string Name, string Description, bool IsNumber = false, bool IsNeeded = false);
