namespace Weir.Server;

/// <summary>The name of this instance, for answers that only it can give.</summary>
internal static class Instance
{
    /// <summary>
    /// The machine and the process. In a container all processes are number 1, and the machine's name tells them apart.
    /// </summary>
    public static readonly string Name = $"{Environment.MachineName}:{Environment.ProcessId}";
}
