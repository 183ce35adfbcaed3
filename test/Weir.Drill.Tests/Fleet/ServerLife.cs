using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using Weir.Testing;

namespace Weir.Drill.Tests.Fleet;

/// <summary>A server process from its start to its end, and connections to it that are not older.</summary>
internal sealed class ServerLife : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "server", "Weir.Server.dll");

    /// <summary>Several start at the same time, and not alone on their machine.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client;

    private ServerLife(int port, string redis, string policies)
    {
        Port = port;
        // No proxy: those of the machine are not for its own addresses.
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://127.0.0.1:{port}"), Timeout = Timeout.InfiniteTimeSpan };
        Process = KeptProcess.Start("dotnet", [Program, $"--urls=http://127.0.0.1:{port}", $"--Weir:PolicyFile={policies}", $"--Weir:Redis:Endpoints={redis}", "--Weir:Memory:MaxKeys=4096"]);
    }

    public int Port { get; }

    public KeptProcess Process { get; }

    /// <summary>Starts a server, and returns when it decides by Redis. A port that is taken is asked for again.</summary>
    public static async Task<ServerLife> BeginAsync(Func<int> port, string redis, string policies)
    {
        for (int attempt = 1; ; attempt++)
        {
            var life = new ServerLife(port(), redis, policies);
            if (await life.UntilReadyAsync())
                return life;
            string output = life.Process.Output;
            life.Dispose();
            if (attempt == 3)
                throw new InvalidOperationException($"The server did not start. It wrote:\n{output}");
        }
    }

    /// <summary>Sends a request and reads the answer to its end; what fails is told and not thrown.</summary>
    public async Task<(int Status, byte[] Body, string? Error)> SendAsync(HttpMethod method, string path, string? json, TimeSpan patience)
    {
        using var cancellation = new CancellationTokenSource(patience);
        try
        {
            using var request = new HttpRequestMessage(method, path);
            if (json is not null)
                request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(json)) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
            using var response = await _client.SendAsync(request, cancellation.Token);
            return ((int)response.StatusCode, await response.Content.ReadAsByteArrayAsync(cancellation.Token), null);
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            return (0, [], failure is OperationCanceledException ? $"no answer within {patience.TotalSeconds} s" : failure.GetBaseException().Message);
        }
    }

    public void Dispose()
    {
        Process.Dispose();
        _client.Dispose();
    }

    private async Task<bool> UntilReadyAsync()
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < StartPatience && !Process.HasEnded)
        {
            var (status, body, _) = await SendAsync(HttpMethod.Get, "/readyz", null, StartPatience);
            if (status == 200 && Encoding.UTF8.GetString(body).Contains("\"degraded\":false", StringComparison.Ordinal))
                return true;
            await Task.Delay(50);
        }

        return false;
    }
}
