using System.Globalization;

namespace Weir.Server;

internal static class FactsReader
{
    public const string TenantHeader = "X-Tenant-Id";

    private const string BeforeUnit = "cost.";

    /// <summary>Complaint about a tenant that the key is not for. Answered with 404 (law L9).</summary>
    public static readonly Complaint OtherTenant = new("tenant", "this key is for another tenant");

    public static Complaint? FromBody(HttpRequest request, TakeBody body, long leastCost, out RequestFacts facts)
    {
        var complaint = TenantOf(request, body.Tenant, out string tenant);
        facts = new RequestFacts(tenant, body.Key ?? "", body.Cost, body.Attributes, body.Costs);
        return complaint ?? Bounds.Complaint(facts, leastCost);
    }

    /// <summary>Reads a request from the query. <see cref="QueryRule"/> has already checked the names.</summary>
    public static Complaint? FromQuery(HttpRequest request, long leastCost, out RequestFacts facts)
    {
        facts = default;
        string key = "";
        string? tenant = null;
        long cost = 1;
        Dictionary<string, long>? costs = null;
        var attributes = new AttributesOfQuery();
        foreach (var (name, values) in request.Query)
        {
            string value = values.ToString();
            switch (name)
            {
                case "key":
                    key = value;
                    break;
                case "tenant":
                    tenant = value;
                    break;
                case "cost" when !TryReadCost(value, out cost):
                    return CostComplaint(name, leastCost, value);
                case not "cost" when name.StartsWith(BeforeUnit, StringComparison.Ordinal):
                    if (!TryReadCost(value, out long costInUnit))
                        return CostComplaint(name, leastCost: 0, value);
                    (costs ??= new(StringComparer.Ordinal)).Add(name[BeforeUnit.Length..], costInUnit);
                    break;
                case not "cost" when attributes.Add(name, value) is { } complaint:
                    return complaint;
            }
        }

        var ofTenant = TenantOf(request, tenant, out string named);
        facts = new RequestFacts(named, key, cost, attributes.All, costs);
        return ofTenant ?? Bounds.Complaint(facts, leastCost);
    }

    private static bool TryReadCost(string value, out long cost) =>
        long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out cost);

    private static Complaint CostComplaint(string name, long leastCost, string value)
    {
        string shown = QueryRule.Shorten(name);
        string given = QueryRule.Shorten(value);
        return new Complaint(
            shown, $"{shown} must be a whole number from {leastCost} to {Bounds.MaxCost}; it was \"{given}\"");
    }

    /// <summary>Reads the tenant from a field, the header or the API key. Refuses contradictory tenants.</summary>
    private static Complaint? TenantOf(HttpRequest request, string? field, out string tenant)
    {
        var header = request.Headers[TenantHeader];
        string? own = Caller.TenantOf(request.HttpContext);
        tenant = field ?? (header.Count == 0 ? own ?? RequestFacts.DefaultTenant : header[0] ?? "");
        if (header.Count > 1)
            return new Complaint(TenantHeader, $"{TenantHeader} is given {header.Count} times: give it once");
        if (header.Count == 1 && header[0] != tenant)
            return new Complaint("tenant", $"tenant and the header {TenantHeader} name different tenants: send one of them");
        return own is null || own == tenant ? null : OtherTenant;
    }
}
