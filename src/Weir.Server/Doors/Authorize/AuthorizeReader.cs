using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>Reads <see cref="RequestFacts"/> from proxy headers, as configured in <c>Weir:Authorize</c>.</summary>
internal sealed class AuthorizeReader(WeirOptions options)
{
    private const string HashMark = "~sha256:";

    private readonly WeirOptions.AuthorizeSettings _settings = options.Authorize;

    public Complaint? Read(HttpContext http, out RequestFacts facts)
    {
        var request = new OriginalRequest(http, _settings.TrustedHops);
        string? own = Caller.TenantOf(http);
        string tenant = _settings.Tenant?.ValueIn(request) ?? own ?? RequestFacts.DefaultTenant;
        string? key = _settings.Key.ValueIn(request);
        facts = new RequestFacts(tenant, Bounded(key ?? ""), 1, AttributesOf(request));
        if (own is not null && own != tenant)
            return FactsReader.OtherTenant;
        return key is null ? MissingKey() : Bounds.Complaint(facts, leastCost: 1);
    }

    private Complaint MissingKey() => new(
        "key", $"the request has no key: none of the sources {_settings.Key} is in it; make the proxy send one of "
            + "them, or add ip or const:VALUE to the end of Weir:Authorize:Key");

    private Dictionary<string, string>? AttributesOf(OriginalRequest request)
    {
        Dictionary<string, string>? attributes = null;
        foreach (var (name, sources) in _settings.Attributes)
        {
            if (sources.ValueIn(request) is { } value)
                (attributes ??= new(StringComparer.Ordinal)).Add(name, Bounded(value));
        }

        return attributes;
    }

    // Cuts a value that is too long and appends its hash, because clients choose URLs and tokens. Patterns such as
    // /search* still match, and different values stay different.
    private static string Bounded(string value)
    {
        const int Most = Bounds.MaxAttributeBytes;
        if (value.Length * 3 <= Most || Encoding.UTF8.GetByteCount(value) <= Most)
            return value;
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        string hash = HashMark + Convert.ToHexStringLower(SHA256.HashData(bytes));
        int kept = Most - hash.Length;
        while ((bytes[kept] & 0xC0) == 0x80)
            kept--;
        return Encoding.UTF8.GetString(bytes, 0, kept) + hash;
    }
}
