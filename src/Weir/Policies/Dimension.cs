using System.Net;
using System.Net.Sockets;

namespace Weir;

/// <summary>What buckets are told apart by: the key or an attribute; of an address perhaps only its first bits.</summary>
/// <param name="Name"><c>key</c>, or an attribute's name.</param>
/// <param name="PrefixBits">
/// For IPv6 addresses, how many of their first bits count, from 1 to 128; 0 to take every value as it is. IPv4 addresses count whole, since a customer who has
/// one of those has not 2^64 more. A value that is no address counts as it is, with a <c>=</c> before it: so it is never taken for a group of addresses.
/// </param>
public readonly record struct Dimension(string Name, int PrefixBits = 0)
{
    /// <summary>The value of this dimension, or null when the request lacks it.</summary>
    internal string? ValueIn(in RequestFacts facts)
    {
        string? value = facts.ValueOf(Name);
        return PrefixBits == 0 || value is null ? value : Grouped(value);
    }

    /// <summary>As a policy spells it: <c>ip/64</c>.</summary>
    public override string ToString() => PrefixBits == 0 ? Name : $"{Name}/{PrefixBits}";

    private string Grouped(string value)
    {
        if (!IPAddress.TryParse(value, out var address))
            return "=" + value;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4().ToString();
        // Only as it is written nowadays: "1" and "010.1.1.1" are addresses to some, too.
        if (address.AddressFamily == AddressFamily.InterNetwork)
            return address.ToString() == value ? value : "=" + value;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        int whole = PrefixBits / 8;
        if (whole < bytes.Length)
        {
            bytes[whole] &= (byte)(0xFF << (8 - (PrefixBits % 8)));
            bytes[(whole + 1)..].Clear();
        }

        return $"{new IPAddress(bytes)}/{PrefixBits}";
    }
}
