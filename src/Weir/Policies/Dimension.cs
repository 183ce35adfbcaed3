using System.Net;
using System.Net.Sockets;

namespace Weir;

/// <summary>
/// What buckets are told apart by: the key or an attribute; of an address perhaps only its first bits.
/// </summary>
/// <param name="Name"><c>key</c>, or an attribute's name.</param>
/// <param name="PrefixBits">
/// For IPv6 addresses, how many of their first bits count, from 1 to 128; 0 for all of them.
/// </param>
/// <param name="PrefixBitsOfV4">
/// For IPv4 addresses, how many of their first bits count, from 1 to 32; 0 for all of them.
/// </param>
/// <remarks>
/// Without any bits every value is taken as it is. With bits, an address with a port counts as the address, and a value
/// that is no address counts as it is, with a <c>=</c> before it: so it is never taken for a group of addresses.
/// </remarks>
public readonly record struct Dimension(string Name, int PrefixBits = 0, int PrefixBitsOfV4 = 0)
{
    /// <summary>Bits of an IPv4 address.</summary>
    internal const int BitsOfV4 = 32;

    /// <summary>Bits of an IPv6 address.</summary>
    internal const int BitsOfV6 = 128;

    /// <summary>The value of this dimension, or null when the request lacks it.</summary>
    internal string? ValueIn(in RequestFacts facts)
    {
        string? value = facts.ValueOf(Name);
        return (PrefixBits | PrefixBitsOfV4) == 0 || value is null ? value : Grouped(value);
    }

    /// <summary>As a policy spells it: <c>ip/24</c> (IPv4), <c>ip/64</c> (IPv6), <c>ip/24/64</c>.</summary>
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

    /// <summary>Reads an address, perhaps with a port: <c>1.2.3.4:567</c>, <c>[::1]:80</c>.</summary>
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
        // IPv4 only as it is written nowadays: "1" and "010.1.1.1" are addresses to some, too.
        return address.AddressFamily == AddressFamily.InterNetwork
            ? !hasBrackets && bare.SequenceEqual(address.ToString())
            : !hasPort && !bare.Contains(']');
    }

    private static bool IsPort(ReadOnlySpan<char> rest) =>
        rest.IsEmpty || (rest[0] == ':' && rest.Length <= 6 && WholeNumber.TryParse(rest[1..], ushort.MaxValue, out _));
}
