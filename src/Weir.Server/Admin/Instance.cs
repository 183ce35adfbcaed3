namespace Weir.Server;

internal static class Instance
{
    /// <summary>The machine and the process. In containers, all processes have the number 1.</summary>
    public static readonly string Name = $"{Environment.MachineName}:{Environment.ProcessId}";
}
