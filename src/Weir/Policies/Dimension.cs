using System.Net;
using System.Net.Sockets;

namespace Weir;

/// <summary>Dimension of a limit: a bucket per value of the key or of an attribute, or per address prefix.</summary>
/// <param name="Name">Name of the dimension: <c>key</c>, or an attribute's name.</param>
/// <param name="PrefixBits">Length of the IPv6 prefix that shares a bucket, 1 to 128; 0 for whole addresses.</param>
/// <param name="PrefixBitsOfV4">Length of the IPv4 prefix that shares a bucket, 1 to 32; 0 for whole addresses.</param>
/// <remarks>Prefixes ignore ports. A value that is not an address gets a <c>=</c> in front to join no group.</remarks>
public readonly record struct Dimension(string Name, int PrefixBits = 0, int PrefixBitsOfV4 = 0)
{
    internal const int BitsOfV4 = 32;

    internal const int BitsOfV6 = 128;

    internal string? ValueIn(in RequestFacts facts)
    {
        string? value = facts.ValueOf(Name);
        return (PrefixBits | PrefixBitsOfV4) == 0 || value is null ? value : Grouped(value);
    }

    /// <summary>Returns the policy's spelling: <c>ip/24</c> (IPv4), <c>ip/64</c> (IPv6) or <c>ip/24/64</c>.</summary>
    public override string ToString() => (PrefixBitsOfV4, PrefixBits) switch
    {
        (0, 0) => Name,
        (0, > BitsOfV4) => $"{Name}/{PrefixBits}",
        (0, _) => $"{Name}/{BitsOfV4}/{PrefixBits}",
        (_, 0) => $"{Name}/{PrefixBitsOfV4}",
        _ => $"{Name}/{PrefixBitsOfV4}/{PrefixBits}",
    };

    private string Grouped(string value)
    {
        if (!TryParseAddress(value, out var address))
            return "=" + value;
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        bool isV4 = address.AddressFamily == AddressFamily.InterNetwork;
        int bits = isV4 ? PrefixBitsOfV4 : PrefixBits;
        Span<byte> bytes = stackalloc byte[BitsOfV6 / 8];
        address.TryWriteBytes(bytes, out int length);
        bytes = bytes[..length];
        if (bits == 0 || (isV4 && bits == BitsOfV4))
            return new IPAddress(bytes).ToString();
        int whole = bits / 8;
        if (whole < length)
        {
            bytes[whole] &= (byte)(0xFF << (8 - (bits % 8)));
            bytes[(whole + 1)..].Clear();
        }

        return $"{new IPAddress(bytes)}/{bits}";
    }

    /// <summary>Parses an address with an optional port, such as 1.2.3.4:567 or [::1]:80.</summary>
    private static bool TryParseAddress(ReadOnlySpan<char> text, out IPAddress address)
    {
        address = IPAddress.None;
        bool hasBrackets = text.StartsWith('['), hasPort = !hasBrackets && text.Count(':') == 1;
        int end = hasBrackets ? text.IndexOf(']') : hasPort ? text.IndexOf(':') : text.Length;
        if (end < 0 || !IsPort(text[(hasBrackets ? end + 1 : end)..]))
            return false;
        var bare = text[(hasBrackets ? 1 : 0)..end];
        if (!IPAddress.TryParse(bare, out var parsed))
            return false;
        address = parsed;
        // Accept only canonical IPv4 text, because the framework also parses "1" and "010.1.1.1".
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !hasBrackets && bare.SequenceEqual(address.ToString())
            : !hasPort && !bare.Contains(']');
    }

    private static bool IsPort(ReadOnlySpan<char> rest) =>
        rest.IsEmpty || (rest[0] == ':' && rest.Length <= 6 && WholeNumber.TryParse(rest[1..], ushort.MaxValue, out _));
}
