namespace Weir.Server;

/// <summary>Adds the services that decide by Envoy's configuration, if <c>Weir:Envoy:Config</c> is set.</summary>
internal static class EnvoyServices
{
    /// <exception cref="PolicyException">The configuration is wrong.</exception>
    public static void Add(IServiceCollection services, WeirOptions options)
    {
        if (options.Envoy.Config is not { } path)
            return;
        var texts = EnvoyTexts.Read(path);
        services.AddSingleton(new EnvoyConfigs(texts.Load(options.Envoy.MergeDomains)));
        services.AddHostedService(all => ActivatorUtilities.CreateInstance<EnvoyConfigWatch>(all, path, texts.Hash));
        services.AddSingleton<EnvoyDecider>();
        services.AddSingleton<EnvoyRuling>();
        services.AddSingleton<EnvoyJsonEndpoint>();
        services.AddSingleton<IRateLimitRuling, ConfigRuling>();
    }
}
