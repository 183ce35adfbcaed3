using System.Diagnostics;
using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Harness;

/// <summary>
/// The service as a process of its own: for what belongs to a process, such as its console, its exit code, and its
/// metrics, which would mix with those of other servers in this one.
/// </summary>
internal sealed partial class ServerProcess : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Weir.Server.dll");

    private readonly KeptProcess _process;

    private ServerProcess(KeptProcess process, Uri address)
    {
        _process = process;
        Address = address;
        Http = new HttpCalls(address);
    }

    public HttpCalls Http { get; }

    public Uri Address { get; }

    /// <summary>Everything it has written to the console so far.</summary>
    public string Output => _process.Output;

    /// <summary>The id of the process.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasEnded => _process.HasEnded;

    public static Task<ServerProcess> StartAsync(params string[] settings) => StartInAsync(Arguments(settings));

    /// <summary>Starts the service with a limit of its file descriptors.</summary>
    public static Task<ServerProcess> StartWithDescriptorsAsync(int descriptors, params string[] settings) => UntilGreetedAsync(
        KeptProcess.Start("/bin/sh", ["-c", $"ulimit -n {descriptors} && exec dotnet \"$@\"", "sh", Program, .. Arguments(settings)]));

    private static string[] Arguments(string[] settings) =>
        ["--urls=http://127.0.0.1:0", "--Weir:Memory:MaxKeys=4096", .. settings.Select(setting => "--" + setting)];

    /// <summary>Starts the program with no other arguments than these.</summary>
    public static Task<ServerProcess> StartInAsync(string[] args, (string Name, string Value)[]? environment =
        null, string? folder = null) =>
        UntilGreetedAsync(KeptProcess.Start("dotnet", [Program, .. args], environment, folder));

    private static async Task<ServerProcess> UntilGreetedAsync(KeptProcess process)
    {
        try
        {
            await Until.TrueAsync(() => process.HasEnded || HasGreeted(process.Output), () => process.Output);
            string address = Greeting().Match(process.Output).Groups[1].Value;
            return new ServerProcess(process, new UriBuilder(address) { Host = "127.0.0.1" }.Uri);
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>Waits until it has ended by itself.</summary>
    public Task EndedAsync() => Until.TrueAsync(() => HasEnded, () => Output);

    /// <summary>Sends it a signal, such as <c>TERM</c>.</summary>
    public void Signal(string signal) => _process.Signal(signal);

    /// <summary>Whether the last line of the greeting is there, to its end.</summary>
    private static bool HasGreeted(string output) => output.IndexOf("curl -s", StringComparison.Ordinal) is >= 0 and var last && output.IndexOf('\n', last) >= 0;

    /// <summary>Runs the program to its end, which must come by itself.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunAsync(args, []);

    /// <summary>As above, in an environment of its own.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsync(string[] args,
        params (string Name, string Value)[] environment) =>
        RunAsync(new ProcessStartInfo("dotnet", [Program, .. args]), environment);

    /// <summary>As above, started by another program.</summary>
    public static Task<(int Code, string Output, string Errors)> RunAsAsync(string starter, string[] options,
        params string[] args) =>
        RunAsync(new ProcessStartInfo(starter, [.. options, "dotnet", Program, .. args]), []);

    private static async Task<(int Code, string Output, string Errors)> RunAsync(ProcessStartInfo start,
        (string Name, string Value)[] environment)
    {
        using var deadline = new CancellationTokenSource(Until.Patience);
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
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

    /// <summary>The first address; with JSON logs the greeting has the version, too.</summary>
    [GeneratedRegex("Weir (?:[^ ]+ )?decides on (http://[^,;\\s]+)")]
    private static partial Regex Greeting();
}
