using System.Net;

namespace Weir.Server;

/// <summary>Which of the addresses that the service is told to listen on can be reached from other machines.</summary>
/// <remarks>
/// All of <c>urls</c> and of <c>Kestrel:Endpoints</c> is looked at, also where one overrules the other: who writes down an open address is asked what is meant by it. Ports count
/// only where there are no <c>urls</c>, as the host has it. A path of a socket is a
/// file of this machine.
/// </remarks>
internal static class ListenAddresses
{
    /// <summary>The settings by which others reach it, as <c>urls has "http://+:3000"</c>; empty when only this machine does.</summary>
    public static IReadOnlyList<string> Reachable(IConfiguration configuration) => [.. OfUrls(configuration), .. OfEndpoints(configuration)];

    /// <summary>The addresses on which decisions are served; none where <c>Kestrel:Endpoints</c> names them.</summary>
    public static IReadOnlyList<string> Public(IConfiguration configuration) =>
        configuration.GetSection("Kestrel:Endpoints").GetChildren().Any() ? []
        : Parts(configuration["urls"]) is { Length: > 0 } urls ? urls
        : Parts(configuration["http_ports"]) is { Length: > 0 } ports ? [.. ports.Select(port => $"http://*:{port}")]
        : [Service.DefaultUrl];

    private static IEnumerable<string> OfUrls(IConfiguration configuration)
    {
        // The host does the same: ports count only where there are no addresses, and mean every address of this machine.
        if (Parts(configuration["urls"]) is { Length: > 0 } urls)
            return urls.Where(url => IsReachable(url) == true).Select(url => $"urls has \"{url}\"");
        return from setting in (string[])["http_ports", "https_ports"]
               from port in Parts(configuration[setting])
               select $"{setting} has \"{port}\", on every address";
    }

    private static IEnumerable<string> OfEndpoints(IConfiguration configuration) =>
        from endpoint in configuration.GetSection("Kestrel:Endpoints").GetChildren()
        where endpoint["Url"] is not { } url || IsReachable(url) != false
        select $"{endpoint.Path}:Url is \"{endpoint["Url"]}\"";

    /// <summary>Null for what is no address at all.</summary>
    private static bool? IsReachable(string url)
    {
        try
        {
            var address = BindingAddress.Parse(url);
            return !address.IsUnixPipe && !address.IsNamedPipe && !IsLoopback(address.Host);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>As the server has it: every name but <c>localhost</c> means every address.</summary>
    private static bool IsLoopback(string host) =>
        string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>The parts of a setting that lists addresses or ports.</summary>
    public static string[] Parts(string? setting) => (setting ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
