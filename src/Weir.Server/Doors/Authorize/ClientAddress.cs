using System.Net;
using System.Net.Sockets;

namespace Weir.Server;

// Finds the address of a proxy's client. Each proxy appends its client's address to X-Forwarded-For, so entries are
// counted from the right: clients can forge only entries further to the left.
internal static class ClientAddress
{
    public const string Header = "X-Forwarded-For";

    // Returns the entry of the outermost trusted proxy, or the connection's address if the entry is missing or invalid.
    public static string? Of(HttpContext http, int trustedHops)
    {
        string forwarded = trustedHops == 0 ? "" : http.Request.Headers[Header].ToString();
        return (forwarded.Length == 0 ? null : Parse(EntryOf(forwarded, trustedHops)))
            ?? (http.Connection.RemoteIpAddress is { } own ? SpellingOf(own) : null);
    }

    /// <summary>Returns the entry at a position from the right, or the leftmost entry if there are fewer.</summary>
    private static ReadOnlySpan<char> EntryOf(ReadOnlySpan<char> entries, int place)
    {
        for (; ; place--)
        {
            int comma = entries.LastIndexOf(',');
            if (place == 1 || comma < 0)
                return entries[(comma + 1)..].Trim();
            entries = entries[..comma];
        }
    }

    /// <summary>Returns the canonical form of an address with or without a port; null if it is invalid.</summary>
    private static string? Parse(ReadOnlySpan<char> entry)
    {
        int bracket = entry.IndexOf(']');
        int colon = entry.IndexOf(':');
        if (entry.StartsWith('[') && bracket > 0)
            entry = entry[1..bracket];
        else if (colon >= 0 && entry.LastIndexOf(':') == colon)
            entry = entry[..colon];
        if (!IPAddress.TryParse(entry, out var address))
            return null;
        string spelled = SpellingOf(address);
        // Refuse older forms, such as 1 or 0x7f.1, because proxies do not write them.
        return address.AddressFamily == AddressFamily.InterNetworkV6 || entry.SequenceEqual(spelled) ? spelled : null;
    }

    /// <summary>Formats an address. IPv4-mapped IPv6 becomes IPv4, and the IPv6 zone is removed.</summary>
    private static string SpellingOf(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString()
        : address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
            ? new IPAddress(address.GetAddressBytes()).ToString()
        : address.ToString();
}
