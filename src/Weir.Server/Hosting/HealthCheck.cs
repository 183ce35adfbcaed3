namespace Weir.Server;

/// <summary><c>--health</c>: asks the service in this container whether it lives. For images that have no shell and no curl.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>0 when <c>/livez</c> answers 200, else 1.</summary>
    /// <param name="args">Settings of the service that is asked, of which only the address matters.</param>
    public static async Task<int> RunAsync(string[] args)
    {
        int port = PortOf(new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddCommandLine(args).Build());
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://localhost:{port}/livez"));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"nothing answers on port {port}: {unreachable.Message}");
            return 1;
        }
    }

    /// <summary>The port of the first address that the service is told to listen on.</summary>
    private static int PortOf(IConfiguration settings)
    {
        string first = (Given(settings["urls"]) ?? Given(settings["http_ports"]) ?? Service.DefaultUrl).Split(';')[0];
        return int.TryParse(first[(first.LastIndexOf(':') + 1)..].TrimEnd('/'), out int port) ? port : new Uri(Service.DefaultUrl).Port;
    }

    private static string? Given(string? setting) => string.IsNullOrEmpty(setting) ? null : setting;
}
