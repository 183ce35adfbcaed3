using Spectre.Console;

namespace Weir.Cli.Load;

/// <summary>The output of the tool, and whether it is a terminal.</summary>
internal static class Screen
{
    /// <summary>A log has no width: tables are not folded to the 80 columns that a terminal might have had.</summary>
    private const int LogWidth = 160;

    public static IAnsiConsole Of(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal)
            console.Profile.Width = LogWidth;
        return console;
    }

    /// <summary>True on a terminal, unless it is a CI job's.</summary>
    public static bool IsLive(IAnsiConsole console) =>
        console.Profile.Out.IsTerminal && console.Profile.Capabilities is { Interactive: true, Ansi: true }
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI"));
}
