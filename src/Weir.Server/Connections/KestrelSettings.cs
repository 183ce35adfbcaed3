using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Weir.Server;

/// <summary>Binds and checks the section <c>Kestrel</c>, most of which the framework silently ignores.</summary>
internal static class KestrelSettings
{
    private const string Section = "Kestrel", Limits = "Limits", Endpoints = "Endpoints", Defaults = "EndpointDefaults";
    private const string Url = "Url", Protocols = "Protocols";

    private static readonly string[] OfTls = ["Certificates", "Certificate", "SslProtocols", "ClientCertificateMode", "Sni"];

    private static readonly string[] KnownProtocols =
        [nameof(HttpProtocols.Http1), nameof(HttpProtocols.Http2), nameof(HttpProtocols.Http1AndHttp2)];

    private static readonly string[] Flags =
        [.. typeof(KestrelServerOptions).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name)];

    public static void Bind(IConfiguration configuration, KestrelServerOptions kestrel)
    {
        var section = configuration.GetSection(Section);
        var limits = section.GetSection(Limits);
        limits.Bind(kestrel.Limits, options => options.ErrorOnUnknownConfiguration = true);
        kestrel.Limits.MinRequestBodyDataRate = Rate(limits.GetSection(nameof(kestrel.Limits.MinRequestBodyDataRate)), kestrel.Limits.MinRequestBodyDataRate!);
        kestrel.Limits.MinResponseDataRate = Rate(limits.GetSection(nameof(kestrel.Limits.MinResponseDataRate)), kestrel.Limits.MinResponseDataRate!);
        foreach (var flag in section.GetChildren().Where(child => IsOneOf(Flags, child)))
            typeof(KestrelServerOptions).GetProperty(Flags.First(name => Is(name, flag)))!.SetValue(kestrel, flag.Get<bool>());
    }

    /// <summary>Reads a rate without the binder, which cannot set read-only properties.</summary>
    private static MinDataRate Rate(IConfigurationSection setting, MinDataRate by) =>
        new(setting.GetValue(nameof(by.BytesPerSecond), by.BytesPerSecond), setting.GetValue(nameof(by.GracePeriod), by.GracePeriod));

    public static IEnumerable<string> FaultsOf(IConfiguration configuration) => AllFaultsOf(configuration).OfType<string>();

    private static IEnumerable<string?> AllFaultsOf(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        return
        [
            .. section.GetChildren().Select(setting => FaultOfName(setting, [Endpoints, Defaults, Limits, .. Flags])),
            .. section.GetChildren().Where(setting => IsOneOf(Flags, setting)).Select(FaultOf),
            .. section.GetSection(Limits).GetChildren().Select(FaultOf),
            .. section.GetSection(Defaults).GetChildren().SelectMany(setting => FaultsOfEndpoint(setting, [Protocols])),
            .. section.GetSection(Endpoints).GetChildren().SelectMany(endpoint => endpoint.GetChildren())
                .SelectMany(setting => FaultsOfEndpoint(setting, [Url, Protocols])),
        ];
    }

    private static string?[] FaultsOfEndpoint(IConfigurationSection setting, string[] known) =>
    [
        FaultOfName(setting, known),
        Is(Protocols, setting) && !KnownProtocols.Contains(setting.Value, StringComparer.OrdinalIgnoreCase)
            ? $"{setting.Path}: {ShownValue.Of(setting.Value ?? "")} is unknown; use one of {string.Join(", ", KnownProtocols)}"
            : null,
    ];

    private static string? FaultOfName(IConfigurationSection setting, string[] known) =>
        IsOneOf(known, setting) ? null
        : IsOneOf(OfTls, setting) ? $"{setting.Path}: Weir does not speak TLS; leave it out, and put a proxy in front"
        : $"Unknown setting {setting.Path}; use one of {string.Join(", ", known)}";

    /// <summary>Binds one setting alone and returns its error, because framework messages may omit its name.</summary>
    private static string? FaultOf(IConfigurationSection setting)
    {
        try
        {
            Bind(new ConfigurationBuilder().AddInMemoryCollection(setting.AsEnumerable()).Build(), new KestrelServerOptions());
            return null;
        }
        catch (Exception wrong) when (wrong is InvalidOperationException or ArgumentException or FormatException or TargetInvocationException)
        {
            return $"{setting.Path}: {(wrong.InnerException ?? wrong).Message}";
        }
    }

    private static bool IsOneOf(string[] names, IConfigurationSection setting) => names.Any(name => Is(name, setting));

    private static bool Is(string name, IConfigurationSection setting) => name.Equals(setting.Key, StringComparison.OrdinalIgnoreCase);
}
