using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Weir.Server.Tests.Harness;

/// <summary>An application that a proxy stands in front of. Its answer repeats the request.</summary>
internal sealed class AppServer : IAsyncDisposable
{
    /// <summary>In place of a status: the application drops the connection.</summary>
    public const int Aborts = 0;

    private readonly WebApplication _app;
    private int _requests;

    private AppServer(int status)
    {
        var builder = WebApplication.CreateSlimBuilder(["--urls=http://127.0.0.1:0"]);
        builder.Logging.ClearProviders();
        _app = builder.Build();
        _app.Run(async http =>
        {
            Interlocked.Increment(ref _requests);
            using var body = new StreamReader(http.Request.Body);
            if (status == Aborts)
            {
                http.Abort();
                return;
            }

            http.Response.StatusCode = status;
            await http.Response.WriteAsync(
                $"{http.Request.Method} {http.Request.Path}{http.Request.QueryString} "
                    + $"{http.Request.Headers.Authorization} {await body.ReadToEndAsync()}");
        });
    }

    public Uri Address => new(_app.Urls.First());

    /// <summary>The number of requests so far.</summary>
    public int Requests => Volatile.Read(ref _requests);

    public static async Task<AppServer> StartAsync(int status = StatusCodes.Status200OK)
    {
        var server = new AppServer(status);
        await server._app.StartAsync();
        return server;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
