using System.Net;
using System.Text;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Reads the error replies of Redis.</summary>
internal static class RespErrors
{
    /// <summary>Returns an error reply as the exception by which <see cref="RedisFaults"/> knows it.</summary>
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

    /// <summary>Returns the slot and the node of a redirection such as <c>MOVED 3999 10.0.0.1:6381</c>.</summary>
    /// <param name="redirection">The error.</param>
    /// <param name="from">The node that replied; a redirection without a host means its host.</param>
    /// <param name="slot">The slot.</param>
    /// <param name="node">The node that has the slot now.</param>
    /// <returns>False if the error cannot be read.</returns>
    public static bool TryReadTarget(RedisServerException redirection, EndPoint from, out int slot, out EndPoint node)
    {
        (slot, node) = (0, from);
        string[] words = redirection.Message.Split(' ');
        if (words.Length < 3 || !int.TryParse(words[1], out slot) || slot is < 0 or >= RedisSlot.Count)
            return false;
        // An IPv6 address comes without brackets.
        int colon = words[2].LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(words[2].AsSpan(colon + 1), out ushort port))
            return false;
        node = colon > 0 ? EndPointOf(words[2][..colon], port) : EndPointOf(HostOf(from), port);
        return true;
    }

    /// <summary>Returns the host name or address of an endpoint.</summary>
    public static string HostOf(EndPoint endpoint) => endpoint switch
    {
        DnsEndPoint dns => dns.Host,
        IPEndPoint ip => ip.Address.ToString(),
        _ => "",
    };

    /// <summary>Returns an endpoint as <c>host:port</c>.</summary>
    public static string NameOf(EndPoint endpoint) => endpoint is DnsEndPoint dns ? $"{dns.Host}:{dns.Port}" : endpoint.ToString() ?? "";

    private static EndPoint EndPointOf(string host, int port) =>
        IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port);
}
