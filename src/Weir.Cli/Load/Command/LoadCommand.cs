using System.CommandLine;
using Spectre.Console;

namespace Weir.Cli.Load;

internal sealed class LoadCommand
{
    public const string Name = "load";

    public const string Notes = """
        Notes:
          Without --url the tool starts a Weir server of its own (and a redis-server, when one is on the PATH), and runs
          three scenarios: steady (100 users), spike (1,000 users) and outage (100 users; Redis is killed and restarted).

          Closed loop by default: each user sends its next request when the last is answered. A server that stalls is then
          asked less, so its stall hardly shows in the percentiles (coordinated omission). With --rate the loop is open:
          requests have a schedule, and latency counts from the scheduled time, sent or not. Judge latency by --rate,
          throughput by the closed loop. With --pace a closed loop is corrected for the sends that a wait hid.

          Exit code: 0 every request got a decision (200 or 429), 1 any failed, 2 the command line is wrong.

        """;

    private readonly LoadOptions _options = new();
    private readonly Surroundings _surroundings;

    private LoadCommand(Surroundings surroundings) => _surroundings = surroundings;

    public static Command Create(Surroundings surroundings)
    {
        var load = new LoadCommand(surroundings);
        var command = new Command(Name, "Load a Weir server and say what its users saw.");
        foreach (var option in load._options.All)
            command.Add(option);
        command.Validators.Add(result => SettingsReader.Validate(result, load._options));
        command.SetAction(load.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellation)
    {
        var settings = SettingsReader.Read(parsed, _options);
        var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
        bool bare = settings.Json && settings.JsonFile is null;
        var console = Screen.Of(bare ? error : output);
        try
        {
            IProgressView progress = Screen.IsLive(console) ? new LiveProgress(console, settings.Duration) : new LineProgress(bare ? error : output);
            var report = await new LoadSession(settings, progress, _surroundings).RunAsync(cancellation).ConfigureAwait(false);
            await WriteAsync(report, bare, console, output, cancellation).ConfigureAwait(false);
            return report.Failed ? ExitCode.Failed : ExitCode.Ok;
        }
        catch (LoadException e)
        {
            await error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await error.WriteLineAsync("Interrupted; what was started is stopped.").ConfigureAwait(false);
            return ExitCode.Interrupted;
        }
    }

    private static async Task WriteAsync(LoadReport report, bool bare, IAnsiConsole console, TextWriter output, CancellationToken cancellation)
    {
        if (!bare)
            ReportTable.Write(console, report);
        if (!report.Settings.Json)
            return;
        string json = ReportJson.Write(report);
        if (bare)
        {
            await output.WriteLineAsync(json).ConfigureAwait(false);
            return;
        }

        try
        {
            await File.WriteAllTextAsync(report.Settings.JsonFile!, json + Environment.NewLine, cancellation).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LoadException($"--json: {report.Settings.JsonFile} cannot be written: {e.Message} Name a file in a folder that exists.");
        }
    }
}
