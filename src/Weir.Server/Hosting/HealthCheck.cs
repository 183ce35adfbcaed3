namespace Weir.Server;

/// <summary>Implements <c>--health</c> for container images without a shell and curl.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static async Task<int> RunAsync(string[] args)
    {
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables()
            .AddCommandLine(args).Build();
        int port = PortOf(ListenAddresses.All(configuration)[0]);
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

    private static int PortOf(string url) =>
        int.TryParse(url[(url.LastIndexOf(':') + 1)..].TrimEnd('/'), out int port) ? port
            : new Uri(ListenAddresses.DefaultUrl).Port;
}
