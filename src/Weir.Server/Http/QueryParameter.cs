namespace Weir.Server;

/// <summary>A query parameter.</summary>
/// <param name="Name">Its name; ending in <c>.NAME</c>, any name with that beginning.</param>
/// <param name="Description">Its meaning, with range and default.</param>
/// <param name="IsNumber">True for a whole number, else a string.</param>
/// <param name="IsRequired">True if it must be given.</param>
internal sealed record QueryParameter(string Name, string Description, bool IsNumber = false, bool IsRequired = false)
{
    public static readonly QueryParameter Key = new("key", $"What is limited: 1 to {Bounds.MaxKeyBytes} bytes of UTF-8.", IsRequired: true);

    public static readonly QueryParameter Tenant = new("tenant", $"The tenant: {Bounds.NameRule}. \"{RequestFacts.DefaultTenant}\" by default.");

    public static readonly QueryParameter Cost = new(
        "cost",
        $"What the request costs in requests: 0 to {Bounds.MaxCost}. 1 by default. "
            + "In another unit as cost.UNIT, such as cost.tokens=812.",
        IsNumber: true);

    /// <summary>The cost in a unit. Not described, as <see cref="Attribute"/>.</summary>
    public static readonly QueryParameter CostInUnit = new("cost.NAME", "") { IsDescribed = false };

    public static readonly QueryParameter Attributes = new(
        "attributes", $"Further dimensions, at most {Bounds.MaxAttributes}, as a JSON object of strings such as {{\"route\":\"/search\"}}; or each as attributes.NAME=VALUE.");

    /// <summary>Not described in OpenAPI, which has no parameter whose name has a free part.</summary>
    public static readonly QueryParameter Attribute = new("attributes.NAME", "") { IsDescribed = false };

    /// <summary>What a query says of a request.</summary>
    public static readonly QueryParameter[] OfRequest = [Key, Tenant, Cost, CostInUnit, Attribute, Attributes];

    private readonly string? _beginning = Name.EndsWith(".NAME", StringComparison.Ordinal) ? Name[..^"NAME".Length] : null;

    /// <summary>True if it stands in the OpenAPI description.</summary>
    public bool IsDescribed { get; private init; } = true;

    /// <summary>True if this is the parameter of that name.</summary>
    public bool IsNamed(string name) => _beginning is null ? name == Name : name.StartsWith(_beginning, StringComparison.Ordinal);
}
