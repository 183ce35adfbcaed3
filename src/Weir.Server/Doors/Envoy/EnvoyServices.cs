namespace Weir.Server;

/// <summary>Adds what decides by Envoy's own configuration, if <c>Weir:Envoy:Config</c> is set.</summary>
internal static class EnvoyServices
{
    /// <exception cref="PolicyException">The configuration is wrong.</exception>
    public static void Add(IServiceCollection services, WeirOptions options)
    {
        if (options.Envoy.Config is not { } path)
            return;
        services.AddSingleton(new EnvoyConfigs(EnvoyFiles.Load(path, options.Envoy.MergeDomains)));
        services.AddSingleton<EnvoyMetrics>();
        services.AddSingleton<EnvoyDecider>();
        services.AddSingleton<EnvoyRuling>();
    }
}
