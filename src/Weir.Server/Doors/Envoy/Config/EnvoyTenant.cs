using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>Names the tenant of a domain.</summary>
internal static class EnvoyTenant
{
    private const int ShownLength = 40;
    private const int HashBytes = 8;

    /// <summary>Returns the domain, or a readable name with a hash if the domain is no tenant's name.</summary>
    public static string Of(string domain)
    {
        if (Bounds.IsTenant(domain))
            return domain;
        var shown = domain.Take(ShownLength).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' ? c : '_');
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(domain));
        return $"{string.Concat(shown)}-{Convert.ToHexStringLower(hash.AsSpan(0, HashBytes))}";
    }
}
