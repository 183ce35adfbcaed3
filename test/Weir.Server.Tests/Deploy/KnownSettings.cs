using System.Reflection;

namespace Weir.Server.Tests.Deploy;

/// <summary>Every setting the server has, in the spelling of configuration: <c>Weir:Redis:Endpoints</c>.</summary>
internal static class KnownSettings
{
    public static IReadOnlySet<string> All { get; } = Under(WeirOptions.Section, typeof(WeirOptions)).ToHashSet(StringComparer.Ordinal);

    private static IEnumerable<string> Under(string section, Type options) =>
        from property in options.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        let name = $"{section}:{property.Name}"
        let isSection = property.PropertyType.IsClass && property.PropertyType.Assembly == typeof(WeirOptions).Assembly
        // Of a list, its first element stands for all.
        let element = property.PropertyType.IsGenericType ? property.PropertyType.GetGenericArguments()[0] : null
        from setting in isSection ? Under(name, property.PropertyType) : element?.Assembly == typeof(WeirOptions).Assembly ? Under($"{name}:0", element) : [name]
        select setting;
}
