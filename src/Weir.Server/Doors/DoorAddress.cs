using System.Globalization;
using System.Net;

namespace Weir.Server;

/// <summary>The address of a door's own: an IP address and a port.</summary>
internal sealed record DoorAddress(IPAddress Host, int Port)
{
    public const string OfResp = "Weir:Resp:Listen";

    public const string OfGrpc = "Weir:Grpc:Listen";

    private const string Forms = "host:port, such as ";

    public const string RespForms = Forms + "127.0.0.1:6380";

    public const string GrpcForms = Forms + "127.0.0.1:8081";

    /// <summary>The settings of the doors' addresses, each with a port as an example.</summary>
    private static readonly (string Setting, int Port)[] Settings = [(OfResp, 6380), (OfGrpc, 8081)];

    public bool IsReachable => !IPAddress.IsLoopback(Host);

    public static DoorAddress? Parse(string text)
    {
        text = text.Trim();
        int colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(
            text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            return null;
        string host = text[..colon];
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return new(IPAddress.Loopback, port);
        if (host is "*" or "+")
            return new(IPAddress.IPv6Any, port);
        bool isBracketed = host.StartsWith('[') && host.EndsWith(']');
        if (!isBracketed && host.Contains(':'))
            return null;
        return IPAddress.TryParse(isBracketed ? host[1..^1] : host, out var address) ? new(address, port) : null;
    }

    public static IEnumerable<string> FaultsOf(IConfiguration configuration) =>
        from door in Settings
        let text = configuration[door.Setting]
        where !string.IsNullOrEmpty(text) && Parse(text) is null
        select $"{door.Setting}: {ShownValue.Of(text)} is no address; use host:port with an IP address, * or "
            + $"localhost as the host, such as 127.0.0.1:{door.Port}, [::1]:{door.Port}, *:{door.Port} or "
            + $"localhost:{door.Port}";

    /// <summary>The doors that other machines reach, such as <c>Weir:Resp:Listen is "*:6380"</c>.</summary>
    public static IEnumerable<string> ReachableIn(IConfiguration configuration) =>
        from door in Settings
        let text = configuration[door.Setting]
        where !string.IsNullOrEmpty(text) && Parse(text) is { IsReachable: true }
        select $"{door.Setting} is {ShownValue.Of(text)}";

    /// <summary>The loopback addresses to use in place of reachable ones, with their settings.</summary>
    public static IEnumerable<string> LocalIn(IConfiguration configuration) =>
        from door in Settings
        let text = configuration[door.Setting]
        let address = text is null ? null : Parse(text)
        where address is { IsReachable: true }
        let local = $"127.0.0.1:{address.Port}"
        select $"{local} with {door.Setting.Replace(":", "__", StringComparison.Ordinal)}={local}";
}
