using System.Reflection;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Weir.Server;

/// <summary>
/// The section <c>Kestrel</c>. The framework itself reads only <c>Endpoints</c>, <c>EndpointDefaults</c> and <c>Certificates</c> of it, and would ignore everything else
/// without a word.
/// </summary>
internal static class KestrelSettings
{
    private const string Section = "Kestrel", LimitsSection = "Limits";

    private static readonly string[] ReadByFramework = ["Endpoints", "EndpointDefaults", "Certificates"];

    private static readonly string[] Flags =
        [.. typeof(KestrelServerOptions).GetProperties().Where(property => property.PropertyType == typeof(bool)).Select(property => property.Name)];

    /// <summary>Applies <c>Limits</c> and the flags of <see cref="KestrelServerOptions"/>.</summary>
    /// <exception cref="InvalidOperationException">A setting is unknown or has a wrong value.</exception>
    public static void Bind(IConfiguration configuration, KestrelServerOptions kestrel)
    {
        var section = configuration.GetSection(Section);
        var limits = section.GetSection(LimitsSection);
        limits.Bind(kestrel.Limits, options => options.ErrorOnUnknownConfiguration = true);
        kestrel.Limits.MinRequestBodyDataRate = Rate(limits.GetSection(nameof(kestrel.Limits.MinRequestBodyDataRate)), kestrel.Limits.MinRequestBodyDataRate!);
        kestrel.Limits.MinResponseDataRate = Rate(limits.GetSection(nameof(kestrel.Limits.MinResponseDataRate)), kestrel.Limits.MinResponseDataRate!);
        foreach (var flag in section.GetChildren().Where(child => IsOneOf(Flags, child)))
            typeof(KestrelServerOptions).GetProperty(Flags.First(name => Is(name, flag)))!.SetValue(kestrel, flag.Get<bool>());
    }

    /// <summary>A rate cannot be bound, since it has no setters.</summary>
    private static MinDataRate Rate(IConfigurationSection setting, MinDataRate by) =>
        new(setting.GetValue(nameof(by.BytesPerSecond), by.BytesPerSecond), setting.GetValue(nameof(by.GracePeriod), by.GracePeriod));

    /// <summary>What is wrong with the section.</summary>
    public static IEnumerable<string> FaultsOf(IConfiguration configuration)
    {
        var section = configuration.GetSection(Section);
        foreach (var setting in section.GetChildren())
        {
            if (!IsOneOf([.. ReadByFramework, .. Flags, LimitsSection], setting))
                yield return $"Unknown setting {setting.Path}; use one of {string.Join(", ", (string[])[.. ReadByFramework, LimitsSection, .. Flags])}";
            else if (IsOneOf(Flags, setting) && FaultOf(setting) is { } fault)
                yield return fault;
        }

        foreach (string fault in section.GetSection(LimitsSection).GetChildren().Select(FaultOf).OfType<string>())
            yield return fault;
    }

    /// <summary>What is wrong with one setting, found by binding it alone: the framework's messages do not always name it.</summary>
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
