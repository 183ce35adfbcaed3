namespace Weir.Cli.Processes;

internal static class ServerFiles
{
    private const string ServerFolder = "server";
    private const string ServerFile = "Weir.Server.dll";

    private static readonly string[] RedisNames = ["redis-server", "valkey-server"];

    public static string? FindServer(string toolFolder) =>
        Path.Combine(toolFolder, ServerFolder, ServerFile) is var path && File.Exists(path) ? path : null;

    public static string? FindRedis(string? searchPath) => RedisNames.Select(name => Find(name, searchPath)).FirstOrDefault(path => path is not null);

    /// <summary>Returns the path of this process's <c>dotnet</c>, because the PATH may have another version.</summary>
    public static string Dotnet()
    {
        string? runtime = Path.GetDirectoryName(typeof(object).Assembly.Location);
        string host = OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet";
        string? beside = runtime is null ? null : Path.GetFullPath(Path.Combine(runtime, "..", "..", "..", host));
        return beside is not null && File.Exists(beside) ? beside : host;
    }

    private static string? Find(string name, string? searchPath) =>
        (searchPath ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name))
            .FirstOrDefault(File.Exists);
}
