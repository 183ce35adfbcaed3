using System.CommandLine;
using System.CommandLine.Help;
using Weir.Cli.Import;
using Weir.Cli.Load;

namespace Weir.Cli;

internal static class Tool
{
    /// <summary>Maximum time to stop after Ctrl-C; killing the children takes less.</summary>
    private static readonly TimeSpan TerminationTimeout = TimeSpan.FromSeconds(8);

    public static RootCommand Root(Surroundings surroundings)
    {
        var root = new RootCommand("The Weir rate limiter's tool.") { HelpName = "weir" };
        root.Add(LoadCommand.Create(surroundings));
        root.Add(ImportCommand.Create());
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new HelpWithNotes((HelpAction)help.Action!);
        return root;
    }

    public static async Task<int> RunAsync(string[] arguments, Surroundings surroundings, TextWriter output, TextWriter error)
    {
        var parsed = Root(surroundings).Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (var problem in parsed.Errors)
                await error.WriteLineAsync(problem.Message).ConfigureAwait(false);
            await error.WriteLineAsync($"Try: weir {PathOf(parsed.CommandResult.Command)}--help").ConfigureAwait(false);
            return ExitCode.Usage;
        }

        var configuration = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = TerminationTimeout };
        return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
    }

    private static string PathOf(Command command) => command.Name switch
    {
        LoadCommand.Name => "load ",
        ImportCommand.Envoy => "import envoy ",
        _ => "",
    };
}
