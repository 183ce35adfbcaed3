using Weir.Cli.Load;

namespace Weir.Cli.Tests;

/// <summary>The tool run in process, with what it wrote and the code it ended with.</summary>
internal sealed record ToolRun(int ExitCode, string Output, string Error)
{
    public static async Task<ToolRun> OfAsync(params string[] arguments) => await OfAsync(new Surroundings(null, null), arguments);

    public static async Task<ToolRun> OfAsync(Surroundings surroundings, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await Tool.RunAsync(arguments, surroundings, TextWriter.Synchronized(output), TextWriter.Synchronized(error));
        return new ToolRun(code, output.ToString(), error.ToString());
    }
}
