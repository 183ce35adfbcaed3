using System.Diagnostics;

namespace Weir.Cli.Processes;

internal sealed class ChildServer : IDisposable
{
    private static readonly TimeSpan StartWait = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);

    private readonly ChildProcess _process;

    private ChildServer(ChildProcess process, Uri url)
    {
        _process = process;
        Url = url;
    }

    public Uri Url { get; }

    public static async Task<ChildServer> StartAsync(string serverFile, string? redisEndpoint, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            var url = new Uri($"http://127.0.0.1:{FreePort.Next()}");
            var process = ChildProcess.Start(StartInfo(serverFile, url, redisEndpoint));
            try
            {
                if (await IsUpAsync(process, url, cancellation).ConfigureAwait(false))
                    return new ChildServer(process, url);
                if (attempt == ChildException.Attempts)
                    throw new ChildException($"The server ({serverFile}) did not come up at {url}. Its last lines:", await process.LastLinesAsync().ConfigureAwait(false));
            }
            catch
            {
                process.Dispose();
                throw;
            }

            process.Dispose();
        }
    }

    public void Dispose() => _process.Dispose();

    private static ProcessStartInfo StartInfo(string serverFile, Uri url, string? redisEndpoint)
    {
        var start = new ProcessStartInfo(ServerFiles.Dotnet()) { WorkingDirectory = Path.GetDirectoryName(serverFile) };
        start.ArgumentList.Add(serverFile);
        start.ArgumentList.Add("--urls");
        start.ArgumentList.Add(url.GetLeftPart(UriPartial.Authority));
        // Remove the caller's address and Redis settings, but keep settings that tune the server.
        start.Environment.Remove("ASPNETCORE_URLS");
        start.Environment.Remove("Weir__Redis__Endpoints");
        // Allow anonymous access: only the tool uses this server, on loopback.
        start.Environment["Weir__Auth__AllowAnonymous"] = "true";
        if (redisEndpoint is not null)
            start.Environment["Weir__Redis__Endpoints"] = redisEndpoint;
        return start;
    }

    private static async Task<bool> IsUpAsync(ChildProcess process, Uri url, CancellationToken cancellation)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(1) };
        var deadline = Stopwatch.StartNew();
        while (!process.HasExited && deadline.Elapsed < StartWait)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(url, "/livez"), cancellation).ConfigureAwait(false);
                if (answer.IsSuccessStatusCode)
                    return true;
            }
            catch (Exception e) when (e is HttpRequestException || (e is TaskCanceledException && !cancellation.IsCancellationRequested))
            {
                // The server does not listen yet.
            }

            await Task.Delay(Poll, cancellation).ConfigureAwait(false);
        }

        return false;
    }
}
