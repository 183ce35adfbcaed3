using System.Text;

namespace Weir.Server;

/// <summary>Finds and executes the commands of the RESP door.</summary>
internal sealed class RespCommands
{
    private const string OfWeir = "tenant key [COST n] [COSTS unit n ...] [ATTR name value ...]";

    private readonly RespLogin _login;
    private readonly RespCommandInfo[] _all;

    public RespCommands(
        RespLogin login, ThrottleCommand throttle, WeirCommands weir, SessionCommands session, ServerCommands server)
    {
        _login = login;
        var directory = new CommandDirectory(() => _all!);
        // Frequent commands come first, because the search is linear.
        _all =
        [
            new(
                "CL.THROTTLE", -5, "key max_burst count period [quantity]", "Decides by a limit of its own.",
                throttle.Execute) { IsDecision = true },
            new("WEIR.TAKE", -3, OfWeir, "Takes by a tenant's policies.", weir.Take) { IsDecision = true },
            new("WEIR.CHECK", -3, OfWeir, "Checks and spends nothing.", weir.Check) { IsDecision = true },
            new("WEIR.REFUND", -3, OfWeir, "Gives back what a take spent.", weir.Refund) { IsDecision = true },
            new("PING", -1, "[message]", "Replies PONG or the message.", SessionCommands.Ping),
            new("ECHO", 2, "message", "Replies the message.", SessionCommands.Echo),
            new("HELLO", -1, "[2 | 3 [AUTH user key] [SETNAME name]]", "Selects RESP2 or RESP3.", session.Hello)
            {
                IsOpen = true,
            },
            new("AUTH", -2, "[user] key", "Sends an API key.", session.Auth) { IsOpen = true },
            new("CLIENT", -2, "subcommand ...", "Names the connection or shows it.", SessionCommands.Client),
            new("COMMAND", -1, "[COUNT | DOCS | INFO | LIST ...]", "Lists commands.", directory.Execute),
            new("CONFIG", -2, "GET parameter ...", "Shows what clients ask for.", ServerCommands.Config),
            new("INFO", -1, "[section ...]", "Shows version and state.", server.Info),
            new("SELECT", 2, "0", "Selects the only database.", SessionCommands.Select),
            new("QUIT", -1, "", "Ends the connection.", SessionCommands.Quit) { IsOpen = true },
            new("RESET", 1, "", "Forgets key, name and protocol.", SessionCommands.Reset) { IsOpen = true },
        ];
    }

    public void Execute(RespSession session, RespArguments arguments)
    {
        if (Find(arguments[0]) is not { } command)
            Unknown(session, arguments);
        else if (!command.IsOpen && !_login.IsOpenTo(session))
            session.Writer.Error(RespLogin.Required);
        else if (!command.Fits(arguments.Count))
            session.Writer.Error($"ERR wrong number of arguments for '{command.LowerName}' command");
        else
        {
            session.HasDecided |= command.IsDecision;
            command.Handler(session, arguments);
        }
    }

    private RespCommandInfo? Find(ReadOnlySpan<byte> name)
    {
        foreach (var command in _all)
        {
            if (name.Length == command.Utf8Name.Length && Ascii.EqualsIgnoreCase(name, command.Utf8Name))
                return command;
        }

        return null;
    }

    // Answers an unknown command. Closes on a line of HTTP, because a web page could send commands in a request body.
    private static void Unknown(RespSession session, RespArguments arguments)
    {
        if (arguments.Is(0, "POST"u8) || arguments.Is(0, "Host:"u8))
            session.IsClosing = true;
        else
            session.Writer.Error($"ERR unknown command '{arguments.Shown(0)}'");
    }
}
