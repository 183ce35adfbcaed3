using System.Reflection;

namespace Weir.Server.Tests.Deploy;

/// <summary>Every setting the server has, in the spelling of configuration: <c>Weir:Redis:Endpoints</c>.</summary>
internal static class Settings
{
    // Until the options have a type these are the settings that are agreed on.
    private static readonly string[] Agreed = ["Weir:PolicyFile", "Weir:Redis:Endpoints", "Weir:Memory:SnapshotPath"];

    public static Assembly Server { get; } = Assembly.Load("Weir.Server");

    public static IReadOnlySet<string> All { get; } = Server.GetType("Weir.Server.WeirOptions") is { } options
        ? Under("Weir", options).ToHashSet(StringComparer.Ordinal)
        : Agreed.ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<string> Under(string section, Type options) =>
        from property in options.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        let name = $"{section}:{property.Name}"
        let isSection = property.PropertyType is { IsClass: true } type && type.Assembly == Server
        from setting in isSection ? Under(name, property.PropertyType) : [name]
        select setting;
}
