namespace Weir.Server;

/// <summary><c>--health</c>: asks the service in this container whether it lives. For images that have no shell and no curl.</summary>
internal static class HealthCheck
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>0 when <c>/livez</c> answers 200, else 1.</summary>
    public static async Task<int> RunAsync()
    {
        using var client = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await client.GetAsync(new Uri($"http://localhost:{Port()}/livez"));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"nothing answers on port {Port()}: {unreachable.Message}");
            return 1;
        }
    }

    private static int Port()
    {
        string urls = Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? Service.DefaultUrl;
        string first = urls.Split(';')[0];
        return int.TryParse(first[(first.LastIndexOf(':') + 1)..].TrimEnd('/'), out int port) ? port : new Uri(Service.DefaultUrl).Port;
    }
}
