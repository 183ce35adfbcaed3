using System.Net;
using System.Net.Sockets;

namespace Weir.Server;

// Finds the address of a proxy's client. Each proxy appends its client's address to X-Forwarded-For, so entries are
// counted from the right: clients can forge only entries further to the left.
internal static class ClientAddress
{
    private const string Header = "X-Forwarded-For";

    /// <summary>Bytes of an IPv6 address that tell clients apart: a client has a whole /64.</summary>
    private const int NetworkBytes = 8;

    // Returns the entry of the outermost trusted proxy; null if it is no address. Without entries, it is the
    // connection's address.
    public static string? Of(HttpContext http, int trustedHops, bool isWhole)
    {
        string forwarded = trustedHops == 0 ? "" : http.Request.Headers[Header].ToString();
        var address = forwarded.Length == 0
            ? http.Connection.RemoteIpAddress
            : Parse(EntryOf(forwarded, trustedHops));
        return address is null ? null : SpellingOf(address, isWhole);
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

    /// <summary>Reads an address with or without quotes and port; null if it is invalid.</summary>
    private static IPAddress? Parse(ReadOnlySpan<char> entry)
    {
        if (entry.Length > 1 && entry[0] == '"' && entry[^1] == '"')
            entry = entry[1..^1];
        int bracket = entry.IndexOf(']');
        int colon = entry.IndexOf(':');
        if (entry.StartsWith('[') && bracket > 0)
            entry = entry[1..bracket];
        else if (colon >= 0 && entry.LastIndexOf(':') == colon)
            entry = entry[..colon];
        if (!IPAddress.TryParse(entry, out var address))
            return null;
        // Refuse older forms, such as 1 or 0x7f.1, because proxies do not write them.
        return address.AddressFamily == AddressFamily.InterNetworkV6 || entry.SequenceEqual(address.ToString())
            ? address
            : null;
    }

    /// <summary>Formats an address. IPv4-mapped IPv6 becomes IPv4, and the IPv6 zone is removed.</summary>
    private static string SpellingOf(IPAddress address, bool isWhole)
    {
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address.ToString();
        byte[] bytes = address.GetAddressBytes();
        if (!isWhole)
            bytes.AsSpan(NetworkBytes).Clear();
        return new IPAddress(bytes).ToString();
    }
}
