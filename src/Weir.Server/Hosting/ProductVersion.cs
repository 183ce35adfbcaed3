using System.Reflection;

namespace Weir.Server;

/// <summary>The version of this program, as its assembly has it.</summary>
internal static class ProductVersion
{
    /// <summary>Without the commit that a build may add behind a plus.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];
}
