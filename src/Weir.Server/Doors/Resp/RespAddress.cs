using System.Globalization;
using System.Net;

namespace Weir.Server;

/// <summary>The address of the setting <c>Weir:Resp:Listen</c>.</summary>
/// <param name="Host">An address; of <c>localhost</c>, 127.0.0.1.</param>
/// <param name="Port">The port; 0 for any that is free.</param>
internal sealed record RespAddress(IPAddress Host, int Port)
{
    public const string Setting = "Weir:Resp:Listen";

    /// <summary>What the setting may be.</summary>
    public const string Forms = "host:port, such as 127.0.0.1:6380";

    /// <summary>True if other machines reach it.</summary>
    public bool IsReachable => !IPAddress.IsLoopback(Host);

    /// <summary>Reads an address; null if it is none.</summary>
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

    /// <summary>Returns the errors of the setting.</summary>
    public static IEnumerable<string> FaultsOf(string? setting)
    {
        if (setting is not null && Parse(setting) is null)
            yield return $"{Setting}: {ShownValue.Of(setting)} is no address; use host:port with an IP address, * or "
                + "localhost as the host, such as 127.0.0.1:6380, [::1]:6380, *:6380 or localhost:6380";
    }
}
