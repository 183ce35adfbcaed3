using Spectre.Console;

namespace Weir.Cli.Load;

internal static class Screen
{
    /// <summary>Number of columns if the output is not a terminal, so that tables do not wrap at 80 columns.</summary>
    private const int LogWidth = 160;

    public static IAnsiConsole Of(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = LogWidth;
        return console;
    }

    public static bool IsLive(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && console.Profile.Capabilities is { Interactive: true, Ansi: true }
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));
}
