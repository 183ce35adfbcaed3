using OpenTelemetry.Metrics;

namespace Weir.Server;

/// <summary>Builds the service out of its settings and runs it.</summary>
internal static class Service
{
    public const string DefaultUrl = "http://localhost:3000";

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
        catch (Exception fault) when (fault is SettingsException or PolicyException or IOException)
        {
            await Console.Error.WriteLineAsync($"Weir cannot start:{Environment.NewLine}{fault.Message}");
            return 1;
        }
    }

    public static async Task<WebApplication> BuildAsync(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(args);
        var options = Settings.Read(builder.Configuration);
        var policies = PolicyDocument.Load(options.PolicyFile ?? Path.Combine(AppContext.BaseDirectory, "policies.yaml"));
        var stores = Stores.Open(options, TimeProvider.System);
        ConfigureHost(builder);
        AddServices(builder.Services, options, policies, stores);

        var app = builder.Build();
        app.Services.GetRequiredService<StoreMetrics>();
        if (stores.Failover is not null)
            app.Services.GetRequiredService<OutageLog>().Follow(stores.Failover);
        Routes.Map(app);
        await stores.GreetAsync();
        app.Lifetime.ApplicationStarted.Register(() => Banner.Print(app, options, policies, stores));
        return app;
    }

    private static void ConfigureHost(WebApplicationBuilder builder)
    {
        if (!UrlSettings.Any(setting => builder.Configuration.GetSection(setting).Exists()))
            builder.WebHost.UseUrls(DefaultUrl);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = DecisionEndpoints.MaxBatchBody;
        });
        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
    }

    private static void AddServices(IServiceCollection services, WeirOptions options, PolicySet policies, Stores stores)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        // Made by a factory, so that the container disposes what it hands out.
        services.AddSingleton(_ => stores);
        services.AddSingleton(new RateLimiter(policies, stores.Deciding));
        services.AddSingleton(RateLimitHeaders.Parse(options.Headers)!);
        services.AddSingleton<DecisionMetrics>();
        services.AddSingleton<StoreMetrics>();
        services.AddSingleton<OutageLog>();
        services.AddSingleton<DecisionEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        if (options.Memory.SnapshotPath is not null && stores.Failover is null)
            services.AddHostedService<SnapshotService>();
        services.AddOpenApi("v1");
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .AddMeter(DecisionMetrics.MeterName)
            .AddRuntimeInstrumentation()
            .AddPrometheusExporter());
        services.ConfigureHttpJsonOptions(json => json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default));
    }
}
