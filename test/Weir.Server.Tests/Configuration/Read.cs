using Microsoft.Extensions.Configuration;

namespace Weir.Server.Tests.Configuration;

/// <summary>Reads settings that are given as pairs.</summary>
internal static class Read
{
    /// <summary>
    /// The faults of these settings, without the program's own account of them; none if they are right.
    /// </summary>
    public static IReadOnlyList<string> Faults(params (string Name, string? Value)[] settings)
    {
        try
        {
            Options(settings);
            return [];
        }
        catch (SettingsException faults)
        {
            return faults.Faults;
        }
    }

    public static WeirOptions Options(params (string Name, string? Value)[] settings) =>
        Settings.Read(Configuration(settings));

    public static IConfiguration Configuration(params (string Name, string? Value)[] settings) =>
        new ConfigurationBuilder().AddInMemoryCollection(
            settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value))).Build();
}
