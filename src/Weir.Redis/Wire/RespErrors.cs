using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Weir.Redis;

internal static class RespErrors
{
    public static RedisServerException Read(ReadOnlySpan<byte> line)
    {
        string message = Encoding.UTF8.GetString(line);
        var kind = message.Split(' ', 2)[0] switch
        {
            "MOVED" => RedisErrorKind.Moved,
            "ASK" => RedisErrorKind.Ask,
            "TRYAGAIN" => RedisErrorKind.TryAgain,
            "CLUSTERDOWN" => RedisErrorKind.ClusterDown,
            "CROSSSLOT" => RedisErrorKind.CrossSlot,
            "NOSCRIPT" => RedisErrorKind.NoScript,
            "READONLY" => RedisErrorKind.ReadOnly,
            _ => RedisErrorKind.UnknownError,
        };
        return new RedisServerException(kind, CommandFlags.None, message);
    }

    /// <summary>Reads <c>MOVED 3999 10.0.0.1:6381</c>. Without a host, the host of the replying node applies.</summary>
    public static bool TryReadTarget(RedisServerException redirection, EndPoint from, out int slot, out EndPoint node)
    {
        (slot, node) = (0, from);
        string[] words = redirection.Message.Split(' ');
        if (words.Length < 3 || !int.TryParse(words[1], out slot) || slot is < 0 or >= RedisSlot.Count)
            return false;
        // Splits at the last colon, because an IPv6 address has no brackets here.
        int colon = words[2].LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(words[2].AsSpan(colon + 1), out ushort port))
            return false;
        node = colon > 0 ? EndPointOf(words[2][..colon], port) : EndPointOf(HostOf(from), port);
        return true;
    }

    public static string HostOf(EndPoint endpoint) => endpoint switch
    {
        DnsEndPoint dns => dns.Host,
        IPEndPoint ip => ip.Address.ToString(),
        _ => "",
    };

    public static string NameOf(EndPoint endpoint) => endpoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : endpoint.ToString() ?? "";

    private static EndPoint EndPointOf(string host, int port) =>
        IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
}
