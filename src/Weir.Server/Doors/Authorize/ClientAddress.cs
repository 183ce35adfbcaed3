using System.Net;
using System.Net.Sockets;

namespace Weir.Server;

// The address of a proxy's client. Each proxy adds the address of its own client to X-Forwarded-For, so entries are
// counted from the right: a client can write only entries that are further left.
internal static class ClientAddress
{
    private const string Header = "X-Forwarded-For";

    // The entry that the outermost trusted proxy wrote; without it, or if it is no address, the connection's address.
    public static string? Of(HttpContext http, int trustedHops)
    {
        string forwarded = trustedHops == 0 ? "" : http.Request.Headers[Header].ToString();
        return (forwarded.Length == 0 ? null : Parse(EntryOf(forwarded, trustedHops)))
            ?? (http.Connection.RemoteIpAddress is { } own ? SpellingOf(own) : null);
    }

    /// <summary>The entry of a place from the right; the leftmost one if there are fewer.</summary>
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

    /// <summary>Reads an address with or without a port, in one spelling; null if it is none.</summary>
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
        // Older forms, such as 1 or 0x7f.1, are no addresses that a proxy writes.
        return address.AddressFamily == AddressFamily.InterNetworkV6 || entry.SequenceEqual(spelled) ? spelled : null;
    }

    /// <summary>IPv4 within IPv6 is IPv4, and a zone is left out.</summary>
    private static string SpellingOf(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4().ToString()
        : address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 }
            ? new IPAddress(address.GetAddressBytes()).ToString()
        : address.ToString();
}
