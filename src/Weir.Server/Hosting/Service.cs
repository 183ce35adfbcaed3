using System.Net.Sockets;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Console;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Weir.Server;

/// <summary>Builds the service out of its settings and runs it.</summary>
internal static class Service
{
    public const string DefaultUrl = "http://localhost:3000";

    /// <summary>How a line of the log says when.</summary>
    private const string Moment = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    private static readonly string[] UrlSettings = ["urls", "http_ports", "https_ports", "Kestrel:Endpoints"];

    /// <summary>0 after a stop in order, 1 when the settings or the policies do not let it start.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            await using var app = await BuildAsync(args);
            await app.RunAsync();
            return 0;
        }
        catch (Exception fault) when (fault is SettingsException or PolicyException or IOException or SocketException)
        {
            await Console.Error.WriteLineAsync($"Weir cannot start:{Environment.NewLine}{fault.Message}{CureOf(fault)}");
            return 1;
        }
    }

    private static string CureOf(Exception fault) =>
        fault is IOException { InnerException: AddressInUseException } ? $"{Environment.NewLine}Something listens there already: stop it, or start on another port, such as with --urls http://localhost:8080" : "";

    /// <summary>Builds the service; it does not listen yet.</summary>
    /// <param name="args">Settings, as on the command line.</param>
    /// <param name="configure">Has the last word on the host, such as where its log goes.</param>
    public static async Task<WebApplication> BuildAsync(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = Settings.Read(builder.Configuration);
        var policies = new LivePolicies(PolicyDocument.Load(PolicyFileOf(options), out string text), TimeProvider.System, text);
        var stores = Stores.Open(options, TimeProvider.System);
        bool started = false;
        ConfigureHost(builder, () => started);
        builder.Services.AddSingleton(AccessRule.Of(options.Auth, ListenAddresses.Reachable(builder.Configuration)));
        AddServices(builder.Services, options, policies, stores);
        configure?.Invoke(builder);

        var app = builder.Build();
        app.Services.GetRequiredService<StoreMetrics>();
        app.Services.GetRequiredService<CandidateMetrics>();
        if (stores.Failover is not null)
            app.Services.GetRequiredService<OutageLog>().Follow(stores.Failover, stores.Redis!);
        app.UseMiddleware<AccessGate>();
        Routes.Map(app);
        await stores.GreetAsync();
        await app.Services.GetRequiredService<LiveData>().BeginAsync();
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            started = true;
            Banner.Print(app, options, policies.Current, stores);
        });
        return app;
    }

    /// <summary>The file that the policies are in, unless live data has a document in its place.</summary>
    public static string PolicyFileOf(WeirOptions options) => options.PolicyFile ?? Path.Combine(AppContext.BaseDirectory, "policies.yaml");

    private static void ConfigureHost(WebApplicationBuilder builder, Func<bool> started)
    {
        if (!UrlSettings.Any(setting => builder.Configuration.GetSection(setting).Exists()))
            builder.WebHost.UseUrls(DefaultUrl);
        // A crowd may connect at once, such as after a restart; the usual queue of 512 would make it try again a second later.
        builder.WebHost.UseSockets(sockets => sockets.Backlog = 4096);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            // Not read again while running: whether others can reach the service was judged at the start.
            kestrel.Configure(builder.Configuration.GetSection("Kestrel"), reloadOnChange: false);
            // Twice what any path takes, since chunks are counted here with their framing; each path has its exact limit.
            kestrel.Limits.MaxRequestBodySize = 2 * PolicyDocument.MaxBytes;
        });
        builder.Logging.ClearProviders();
        // Machines that read logs want the names of what is in a line; people do not.
        if (builder.Configuration["Logging:Console:FormatterName"] == ConsoleFormatterNames.Json)
            builder.Logging.AddJsonConsole(console => Stamp(console, Moment));
        else
        {
            builder.Logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                Stamp(console, Moment + " ");
            });
        }

        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // It has nothing to say at this level, and its being asked costs an activity a request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // A start that fails is told once and in plain words; the host's own account of it is a stack trace.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", level => started() && level >= LogLevel.Warning);
    }

    /// <summary>In UTC, so that the lines of instances in several places can be laid side by side.</summary>
    private static void Stamp(ConsoleFormatterOptions console, string format)
    {
        console.UseUtcTimestamp = true;
        console.TimestampFormat = format;
    }

    private static void AddServices(IServiceCollection services, WeirOptions options, LivePolicies policies, Stores stores)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        AddDeciding(services, options, policies, stores);
        AddLiveData(services, options, policies, stores);
        AddTelemetry(services, options);
        services.AddSingleton(new ApiKeys(ConfiguredKeys.Of(options.Auth), TimeProvider.System));
        services.AddSingleton<FailedLogins>();
        services.AddOpenApi("v1", ApiDescription.Complete);
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
            // So that the API's description does not say that numbers may be sent as strings.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
    }

    private static void AddDeciding(IServiceCollection services, WeirOptions options, LivePolicies policies, Stores stores)
    {
        var trial = new CandidateTrial(policies, stores.Trial, TimeProvider.System);
        services.AddSingleton(trial);
        services.AddSingleton(new RateLimiter(policies, stores.Deciding, TimeProvider.System, trial, options.Keys.Privacy));
        services.AddSingleton(services => new Reservations(services.GetRequiredService<RateLimiter>(), stores.Deciding, stores.Failover?.Alone ?? stores.Memory));
        services.AddSingleton(RateLimitHeaders.Parse(options.Headers)!);
        services.AddSingleton<DecisionAnswers>();
        services.AddSingleton<DecisionEndpoints>();
        services.AddSingleton<BatchTurns>();
        services.AddSingleton<BatchEndpoint>();
        services.AddSingleton<ReservationEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        if (options.Memory.SnapshotPath is not null && stores.Failover is null)
            services.AddHostedService<SnapshotService>();
    }

    private static void AddLiveData(IServiceCollection services, WeirOptions options, LivePolicies policies, Stores stores)
    {
        // Made by a factory, so that the container disposes what it hands out.
        services.AddSingleton(_ => stores);
        services.AddSingleton(_ => policies);
        services.AddSingleton(stores.Live);
        services.AddSingleton<LiveData>();
        services.AddHostedService<LiveDataService>();
        services.AddHostedService(services => ActivatorUtilities.CreateInstance<PolicyFileWatch>(services, PolicyFileOf(options)));
        services.AddSingleton<ApiKeyEndpoints>();
        services.AddSingleton<Explanations>();
        services.AddSingleton<LiveChanges>();
        services.AddSingleton<PolicyEndpoints>();
        services.AddSingleton<TenantEndpoints>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<CandidateEndpoints>();
        services.AddSingleton<TopEndpoints>();
    }

    private static void AddTelemetry(IServiceCollection services, WeirOptions options)
    {
        services.AddSingleton<DecisionMetrics>();
        services.AddSingleton<PolicyMetrics>();
        services.AddSingleton<StoreMetrics>();
        services.AddSingleton<CandidateMetrics>();
        services.AddSingleton<OutageLog>();
        services.AddSingleton(services => new ShownKeys(services.GetRequiredService<RateLimiter>().NameOf));
        services.AddSingleton<DecisionLog>();
        services.AddSingleton<DecisionTelemetry>();
        if (options.Top.Enabled)
            services.AddSingleton(_ => new TopKeys(TimeProvider.System));
        services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService("weir")).WithMetrics(metrics => metrics
            .AddMeter(DecisionMetrics.MeterName)
            .AddView(DecisionMetrics.Takes, new MetricStreamConfiguration { CardinalityLimit = DecisionMetrics.MaxSeries })
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
    }
}
