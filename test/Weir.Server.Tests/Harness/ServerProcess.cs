using System.Diagnostics;
using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>
/// The service as a process of its own: for what belongs to a process, such as its console, its exit code, and its
/// metrics, which would mix with those of other servers in this one.
/// </summary>
internal sealed class ServerProcess : IDisposable
{
    private const string Listening = "Weir decides on ";

    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Weir.Server.dll");

    private readonly KeptProcess _process;

    private ServerProcess(KeptProcess process, HttpCalls http)
    {
        _process = process;
        Http = http;
    }

    public HttpCalls Http { get; }

    /// <summary>Everything it has written to the console so far.</summary>
    public string Output => _process.Output;

    public static Task<ServerProcess> StartAsync(params string[] settings) => StartAsync("dotnet", Arguments(settings));

    /// <summary>Starts the service with a limit of its file descriptors.</summary>
    public static Task<ServerProcess> StartWithDescriptorsAsync(int descriptors, params string[] settings) =>
        StartAsync("/bin/sh", ["-c", $"ulimit -n {descriptors} && exec dotnet \"$@\"", "sh", .. Arguments(settings)]);

    private static string[] Arguments(string[] settings) =>
        [Program, "--urls=http://127.0.0.1:0", "--Weir:Memory:MaxKeys=4096", .. settings.Select(setting => "--" + setting)];

    private static async Task<ServerProcess> StartAsync(string program, string[] arguments)
    {
        var process = KeptProcess.Start(program, arguments);
        try
        {
            await Until.TrueAsync(() => process.HasEnded || HasGreeted(process.Output), () => process.Output);
            string output = process.Output;
            string address = output[(output.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Split('\n')[0];
            return new ServerProcess(process, new HttpCalls(new Uri(address)));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Whether the last line of the greeting is there, to its end.</summary>
    private static bool HasGreeted(string output) => output.IndexOf("curl -s", StringComparison.Ordinal) is >= 0 and var last && output.IndexOf('\n', last) >= 0;

    /// <summary>Runs the program to its end, which must come by itself.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunAsync(args, []);

    /// <summary>As above, in an environment of its own.</summary>
    public static async Task<(int Code, string Output, string Errors)> RunAsync(string[] args, params (string Name, string Value)[] environment)
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        var start = new ProcessStartInfo("dotnet", [Program, .. args]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(deadline.Token);
            var errors = process.StandardError.ReadToEndAsync(deadline.Token);
            await process.WaitForExitAsync(deadline.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        _process.Dispose();
    }
}
