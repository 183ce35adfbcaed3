using System.Buffers.Binary;

namespace Weir.Redis;

/// <summary>The one argument of <c>take.lua</c>: six doubles, as its header says.</summary>
internal static class TakeArguments
{
    private const int Fields = 6;

    /// <summary>Writes what is asked of a bucket.</summary>
    public static byte[] Of(Quota quota, long cost, bool spend)
    {
        var bytes = new byte[Fields * sizeof(double)];
        var rest = Write(spend ? 1 : 0, bytes);
        rest = Write(quota.Capacity, rest);
        rest = Write(quota.Rate.UnitsPerToken, rest);
        rest = Write(quota.Rate.UnitsPerTick, rest);
        rest = Write(quota.Rate.TickUs, rest);
        Write(cost, rest);
        return bytes;
    }

    private static Span<byte> Write(long number, Span<byte> to)
    {
        BinaryPrimitives.WriteDoubleLittleEndian(to, number);
        return to[sizeof(double)..];
    }
}
