using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Weir.Cli.Load;

namespace Weir.Cli;

internal sealed class HelpWithNotes(HelpAction usual) : SynchronousCommandLineAction
{
    public override int Invoke(ParseResult parseResult)
    {
        int code = usual.Invoke(parseResult);
        if (parseResult.CommandResult.Command.Name == LoadCommand.Name)
            parseResult.InvocationConfiguration.Output.WriteLine(LoadCommand.Notes);
        return code;
    }
}
