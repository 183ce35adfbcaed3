using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Weir.Server.Tests.Harness;

/// <summary>The service in this process, over a real Kestrel on a free loopback port.</summary>
internal sealed class RunningServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private RunningServer(WebApplication app, LogLines log)
    {
        _app = app;
        Log = log;
        // One that listens on every address listens on this one, too.
        Address = new UriBuilder(app.Urls.First()) { Host = "127.0.0.1" }.Uri;
        Http = new HttpCalls(Address);
    }

    public Uri Address { get; }

    /// <summary>Where metrics, health and admin are, if they have an address of their own.</summary>
    public Uri Management => new(_app.Urls.Last());

    public HttpCalls Http { get; }

    public IServiceProvider Services => _app.Services;

    public LogLines Log { get; }

    /// <summary>Where its live data is.</summary>
    public ILiveStore Live => _app.Services.GetRequiredService<ILiveStore>();

    /// <summary>Every endpoint there is.</summary>
    public IReadOnlyList<Microsoft.AspNetCore.Http.Endpoint> Endpoints => [.. ((Microsoft.AspNetCore.Routing.IEndpointRouteBuilder)_app).DataSources.SelectMany(source => source.Endpoints)];

    /// <summary>Starts the service with the settings given, such as <c>Weir:Headers=off</c>.</summary>
    public static Task<RunningServer> StartAsync(params string[] settings) => StartAsync(_ => { }, settings);

    /// <summary>Starts the service with some of its services replaced.</summary>
    public static async Task<RunningServer> StartAsync(Action<IServiceCollection> replace, params string[] settings)
    {
        var log = new LogLines();
        string[] args = ["--urls=http://127.0.0.1:0", "--Weir:Memory:MaxKeys=4096", .. settings.Select(setting => "--" + setting)];
        var app = await Service.BuildAsync(args, builder =>
        {
            builder.Logging.ClearProviders().AddProvider(log);
            replace(builder.Services);
        });
        await app.StartAsync();
        return new RunningServer(app, log);
    }

    /// <summary>Stops in order, as a signal would have it.</summary>
    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
