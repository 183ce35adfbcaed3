using System.Text.Json.Serialization;
using Microsoft.AspNetCore.HostFiltering;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace Weir.Server;

internal static class Service
{
    /// <summary>Disables the host's watcher of the current folder, which takes 19 seconds for <c>/</c>.</summary>
    private const string ReadOnce = "--hostBuilder:reloadConfigOnChange=false";

    /// <summary>Runs the service. Returns 0 after an orderly stop, or 1 if the service cannot start.</summary>
    public static async Task<int> RunAsync(CommandLine command)
    {
        WebApplication? app = null;
        try
        {
            if (command.Faults.Count > 0)
                throw new SettingsException(command.Faults);
            app = await BuildAsync(command.Settings);
            await app.StartAsync();
        }
        catch (Exception) when (app?.Lifetime.ApplicationStopping.IsCancellationRequested == true)
        {
            // A signal stopped the service during startup.
        }
        catch (Exception fault)
        {
            if (app is not null)
                await app.DisposeAsync();
            var configuration = ReadableConfiguration(command.Settings);
            StartFaults.Print(StartFaults.Of(fault, configuration), LogFormat.IsJson(configuration));
            return 1;
        }

        await using (app)
        {
            await Task.Delay(Timeout.Infinite, app!.Lifetime.ApplicationStopping)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await app.StopAsync(app.Services.GetRequiredService<StopSignals>().Hurry);
            return 0;
        }
    }

    public static async Task<WebApplication> BuildAsync(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateSlimBuilder([.. args, ReadOnce]);
        var options =
            Settings.Read(builder.Configuration, [.. Environment.GetEnvironmentVariables().Keys.Cast<string>()]);
        var policies = new LivePolicies(PolicyDocument.Load(PolicyFileOf(options), out string text), TimeProvider.System, text, options.Keys.Privacy);
        var stores = new Stores(options, TimeProvider.System);
        bool started = false;
        ConfigureHost(builder, options, () => started);
        var reachable = ListenAddresses.Reachable(builder.Configuration);
        var rule = AccessRule.Of(options.Auth, reachable, options.Management.Urls is not null);
        builder.Services.AddSingleton(rule);
        builder.Services.AddSingleton(HostRule.Of(rule, ListenAddresses.ReachableByHttp(builder.Configuration), builder.Configuration["AllowedHosts"]));
        // Disable the framework's host filter, which would run before Weir's and answer without a problem body.
        builder.Services.PostConfigure<HostFilteringOptions>(hosts => hosts.AllowedHosts = ["*"]);
        Listening.Configure(builder, options);
        AddServices(builder.Services, options, policies, stores);
        configure?.Invoke(builder);

        var app = builder.Build();
        if (stores.Failover is not null && options.Memory.SnapshotPath is not null)
            ServiceLog.SnapshotUnused(app.Logger);
        BeginTelemetry(app.Services, stores);
        app.UseMiddleware<CloseWhenDraining>();
        app.UseMiddleware<Gate>();
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

    /// <summary>Reads the settings after a failed start, without appsettings.json if that file is unreadable.</summary>
    private static IConfiguration ReadableConfiguration(string[] args)
    {
        var withoutFile = With(new ConfigurationBuilder());
        string file = Path.GetFullPath(Path.Combine(withoutFile["contentRoot"] ?? "", "appsettings.json"));
        try
        {
            return With(new ConfigurationBuilder().AddJsonFile(file, optional: true, reloadOnChange: false));
        }
        catch (Exception broken) when (broken is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return withoutFile;
        }

        IConfigurationRoot With(IConfigurationBuilder builder) =>
            builder.AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables().AddCommandLine(args).Build();
    }

    public static string PolicyFileOf(WeirOptions options) => options.PolicyFile ?? Path.Combine(AppContext.BaseDirectory, "policies.yaml");

    private static void ConfigureHost(WebApplicationBuilder builder, WeirOptions options, Func<bool> started)
    {
        if (ListenAddresses.Fallback(builder.Configuration) is { } url)
            builder.WebHost.UseUrls(url);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopInOrder.LongestOf(options));
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<FirstLine>();
        builder.Services.AddSingleton<ILoggerProvider>(services => services.GetRequiredService<FirstLine>());
        LogFormat.AddConsole(builder.Logging, LogFormat.IsJson(builder.Configuration));
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning);
        // GrpcGuard logs errors of Weir; the framework would log every bad message of a client.
        builder.Logging.AddFilter("Grpc", LogLevel.None);
        // Turn off these diagnostics: they log nothing at this level, but cost an activity per request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        // Suppress the host's stack trace after a failed start, because Weir logs the error in plain words.
        builder.Logging.AddFilter("Microsoft.Extensions.Hosting", level => started() && level >= LogLevel.Warning);
    }

    private static void AddServices(IServiceCollection services, WeirOptions options, LivePolicies policies, Stores stores)
    {
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        AddDeciding(services, options, policies, stores);
        AddLiveData(services, options, policies, stores);
        AddTelemetry(services, options);
        AddStop(services);
        services.AddSingleton(new ApiKeys(ConfiguredKeys.Of(options.Auth), TimeProvider.System));
        services.AddSingleton<FailedLogins>();
        services.AddOpenApi(OpenApiEndpoint.Document, ApiDescription.Complete);
        services.AddSingleton<OpenApiEndpoint>();
        services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, WireJson.Default);
            // Otherwise, the API description would allow numbers as strings.
            json.SerializerOptions.NumberHandling = JsonNumberHandling.Strict;
        });
    }

    private static void AddDeciding(IServiceCollection services, WeirOptions options, LivePolicies policies, Stores stores)
    {
        var trial = new CandidateTrial(policies, stores.Trial, TimeProvider.System);
        services.AddSingleton(trial);
        services.AddSingleton(new RateLimiter(policies, stores.Deciding, TimeProvider.System, trial, options.Keys.Privacy));
        services.AddSingleton(services =>
            new Reservations(services.GetRequiredService<RateLimiter>(), stores.Deciding, stores.Alone));
        services.AddSingleton(RateLimitHeaders.Parse(options.Headers)!);
        services.AddSingleton<DecisionAnswers>();
        services.AddSingleton<Decider>();
        services.AddSingleton<DecisionEndpoints>();
        services.AddSingleton<NewRates>();
        services.AddSingleton<OverridePlans>();
        services.AddSingleton<DescriptorReader>();
        services.AddSingleton<RateLimitRenderer>();
        services.AddSingleton<IRateLimitRuling, NativeRuling>();
        // Comes after the native ruling, because the last registration counts.
        EnvoyServices.Add(services, options);
        services.AddSingleton<GrpcGate>();
        services.AddSingleton<AuthorizeReader>();
        services.AddSingleton<AuthorizeEndpoint>();
        services.AddSingleton<BatchTurns>();
        services.AddSingleton<BatchEndpoint>();
        services.AddSingleton<ReservationEndpoints>();
        services.AddSingleton<HealthEndpoints>();
        services.AddSingleton<RootPage>();
        if (options.Memory.SnapshotPath is null || stores.Failover is not null)
            return;
        services.AddSingleton<SnapshotService>();
        services.AddHostedService(services => services.GetRequiredService<SnapshotService>());
    }

    private static void AddStop(IServiceCollection services)
    {
        services.AddSingleton<Draining>();
        services.AddHostedService<StopInOrder>();
        services.AddSingleton<StopSignals>();
        services.AddSingleton<IHostLifetime>(services => services.GetRequiredService<StopSignals>());
    }

    private static void AddLiveData(IServiceCollection services, WeirOptions options, LivePolicies policies, Stores stores)
    {
        // Register a factory, so that the container disposes the instance.
        services.AddSingleton(_ => stores);
        services.AddSingleton(_ => policies);
        services.AddSingleton(stores.Live);
        services.AddSingleton<LiveData>();
        services.AddHostedService<LiveDataService>();
        services.AddHostedService(services => ActivatorUtilities.CreateInstance<PolicyFileWatch>(services, PolicyFileOf(options)));
        if (SecretFile.Of(options).Any(file => file.Path is not null))
            services.AddHostedService<SecretFileWatch>();
        services.AddSingleton<ApiKeyEndpoints>();
        services.AddSingleton<Explanations>();
        services.AddSingleton<LiveChanges>();
        services.AddSingleton<PolicyEndpoints>();
        services.AddSingleton<TenantEndpoints>();
        services.AddSingleton<StoredKeys>();
        services.AddSingleton<KeyEndpoints>();
        services.AddSingleton<KeyLimitEndpoints>();
        services.AddSingleton<CandidateEndpoints>();
        services.AddSingleton<TopEndpoints>();
    }

    private static void AddTelemetry(IServiceCollection services, WeirOptions options)
    {
        services.AddSingleton<BuildMetrics>();
        services.AddSingleton<DecisionMetrics>();
        services.AddSingleton<PolicyFileStatus>();
        services.AddSingleton<PolicyMetrics>();
        services.AddSingleton<StoreMetrics>();
        services.AddSingleton<CandidateMetrics>();
        services.AddSingleton<EnvoyMetrics>();
        services.AddSingleton<OutageLog>();
        services.AddSingleton<FleetLog>();
        services.AddSingleton(services => new ShownKeys(services.GetRequiredService<RateLimiter>().NameOf));
        services.AddSingleton<DecisionLog>();
        services.AddSingleton<DecisionTelemetry>();
        if (options.Top.Enabled)
            services.AddSingleton(_ => new TopKeys(TimeProvider.System));
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("weir", serviceVersion: ProductVersion.Text))
            .WithMetrics(metrics => metrics
                .AddMeter(DecisionMetrics.MeterName)
                .AddView(
                    DecisionMetrics.Takes, new MetricStreamConfiguration { CardinalityLimit = DecisionMetrics.MaxSeries })
                .AddRuntimeInstrumentation()
                .AddPrometheusExporter());
    }

    private static void BeginTelemetry(IServiceProvider services, Stores stores)
    {
        services.GetRequiredService<BuildMetrics>();
        services.GetRequiredService<StoreMetrics>();
        services.GetRequiredService<CandidateMetrics>();
        services.GetRequiredService<EnvoyMetrics>();
        if (stores.Failover is null)
            return;
        services.GetRequiredService<OutageLog>().Follow(stores.Failover, stores.Redis!);
        services.GetRequiredService<FleetLog>().Follow(stores.Redis!, stores.Prefixes!);
    }
}
