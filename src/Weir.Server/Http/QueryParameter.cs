namespace Weir.Server;

/// <summary>A query parameter. A name that ends in <c>.NAME</c> matches every name with that prefix.</summary>
internal sealed record QueryParameter(string Name, string Description, bool IsNumber = false, bool IsRequired = false)
{
    public static readonly QueryParameter Key = new("key", $"What is limited: 1 to {Bounds.MaxKeyBytes} bytes of UTF-8.", IsRequired: true);

    public static readonly QueryParameter Tenant = new("tenant", $"The tenant: {Bounds.NameRule}. \"{RequestFacts.DefaultTenant}\" by default.");

    public static readonly QueryParameter Cost = new(
        "cost",
        $"What the request costs in requests: 0 to {Bounds.MaxCost}. 1 by default. "
            + "In another unit as cost.UNIT, such as cost.tokens=812.",
        IsNumber: true);

    public static readonly QueryParameter CostInUnit = new("cost.NAME", "") { IsDescribed = false };

    public static readonly QueryParameter Attributes = new(
        "attributes", $"Further dimensions, at most {Bounds.MaxAttributes}, as a JSON object of strings such as {{\"route\":\"/search\"}}; or each as attributes.NAME=VALUE.");

    /// <summary>Parameters of the form <c>attributes.NAME</c>. OpenAPI cannot describe wildcard names.</summary>
    public static readonly QueryParameter Attribute = new("attributes.NAME", "") { IsDescribed = false };

    public static readonly QueryParameter[] OfRequest = [Key, Tenant, Cost, CostInUnit, Attribute, Attributes];

    private readonly string? _beginning = Name.EndsWith(".NAME", StringComparison.Ordinal) ? Name[..^"NAME".Length] : null;

    public bool IsDescribed { get; private init; } = true;

    public bool IsNamed(string name) => _beginning is null ? name == Name : name.StartsWith(_beginning, StringComparison.Ordinal);
}
