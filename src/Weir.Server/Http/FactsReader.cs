using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Weir.Server;

/// <summary>Makes <see cref="RequestFacts"/> of a request's body or query and its header, and finds what is wrong with them.</summary>
internal static class FactsReader
{
    private const string AttributePrefix = "attributes.";

    public const string TenantHeader = "X-Tenant-Id";

    /// <summary>The request names another tenant than the one that its key is for (law L9); <see cref="Problems.Refuse"/> answers as if there were nothing.</summary>
    public static readonly Complaint OtherTenant = new("tenant", "this key is for another tenant");

    /// <summary>The facts of a body; a complaint when they are out of bounds.</summary>
    public static Complaint? FromBody(HttpRequest request, TakeBody body, long leastCost, out RequestFacts facts)
    {
        var complaint = TenantOf(request, body.Tenant, out string tenant);
        facts = new RequestFacts(tenant, body.Key ?? "", body.Cost, body.Attributes);
        return complaint ?? Bounds.Complaint(facts, leastCost);
    }

    /// <summary>The facts of a query, <c>?key=…[&amp;tenant=…][&amp;cost=…][&amp;attributes.NAME=…][&amp;attributes=JSON]</c>.</summary>
    public static Complaint? FromQuery(HttpRequest request, long leastCost, out RequestFacts facts)
    {
        facts = default;
        if (!IsUtf8(request.QueryString.Value))
            return new Complaint("query", "the query holds bytes that are not UTF-8: write characters in UTF-8 before encoding them with %");
        string key = "", tenant = "";
        bool hasTenant = false;
        long cost = 1;
        Dictionary<string, string>? attributes = null;
        foreach (var (name, values) in request.Query)
        {
            if (values.Count != 1)
                return new Complaint(Shorten(name), $"{Shorten(name)} is given {values.Count} times: give it once");
            string value = values[0] ?? "";
            switch (name)
            {
                case "key":
                    key = value;
                    break;
                case "tenant":
                    (tenant, hasTenant) = (value, true);
                    break;
                case "cost" when long.TryParse(value, System.Globalization.NumberStyles.None, null, out cost):
                    break;
                case "cost":
                    return new Complaint(name, $"cost must be a whole number from {leastCost} to {Bounds.MaxCost}; it was \"{Shorten(value)}\"");
                case "attributes" when TryReadAttributes(value, ref attributes):
                    break;
                case "attributes":
                    return new Complaint(name, "attributes must be a JSON object of strings, such as {\"route\":\"/search\"}, encoded with %; or send attributes.NAME=value for each");
                case var attribute when attribute.StartsWith(AttributePrefix, StringComparison.Ordinal):
                    (attributes ??= [])[attribute[AttributePrefix.Length..]] = value;
                    break;
                default:
                    return new Complaint(Shorten(name), $"{Shorten(name)} is not a parameter of this path: leave it out, or correct its name (key, tenant, cost, attributes, attributes.NAME)");
            }
        }

        var complaint = TenantOf(request, hasTenant ? tenant : null, out tenant);
        facts = new RequestFacts(tenant, key, cost, attributes);
        return complaint ?? Bounds.Complaint(facts, leastCost);
    }

    private static bool TryReadAttributes(string json, ref Dictionary<string, string>? attributes)
    {
        try
        {
            foreach (var (name, value) in JsonSerializer.Deserialize(json, WireJson.Default.DictionaryStringString) ?? [])
                (attributes ??= [])[name] = value;
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The tenant is a field or a header, or else that of the key. Two that disagree are a mistake, and guessing would spend the wrong tenant's tokens.</summary>
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

    /// <summary>The framework would leave such bytes encoded, and so take two spellings of nothing for two keys.</summary>
    private static bool IsUtf8(string? query)
    {
        if (query is null || !query.Contains('%', StringComparison.Ordinal))
            return true;
        byte[] encoded = Encoding.UTF8.GetBytes(query);
        return Utf8.IsValid(WebUtility.UrlDecodeToBytes(encoded, 0, encoded.Length));
    }

    private static string Shorten(string value) => value.Length <= 40 ? value : value[..40] + "…";
}
