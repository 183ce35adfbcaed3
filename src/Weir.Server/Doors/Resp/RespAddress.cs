using System.Globalization;
using System.Net;

namespace Weir.Server;

internal sealed record RespAddress(IPAddress Host, int Port)
{
    public const string Setting = "Weir:Resp:Listen";

    public const string Forms = "host:port, such as 127.0.0.1:6380";

    public bool IsReachable => !IPAddress.IsLoopback(Host);

    public static RespAddress? Parse(string text)
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

    public static IEnumerable<string> FaultsOf(string? setting)
    {
        if (setting is not null && Parse(setting) is null)
            yield return $"{Setting}: {ShownValue.Of(setting)} is no address; use host:port with an IP address, * or "
                + "localhost as the host, such as 127.0.0.1:6380, [::1]:6380, *:6380 or localhost:6380";
    }
}
