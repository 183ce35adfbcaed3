using System.Text;

namespace Weir.Server;

/// <summary>Executes commands about the connection itself, such as <c>HELLO</c> and <c>AUTH</c>.</summary>
internal sealed class SessionCommands(RespLogin login)
{
    /// <summary>Redis version in the handshake, by which clients choose their commands.</summary>
    public const string RedisVersion = "7.2.0";

    public static void Ping(RespSession session, RespArguments arguments)
    {
        if (arguments.Count > 2)
            session.Writer.Error("ERR wrong number of arguments for 'ping' command");
        else if (arguments.Count == 2)
            session.Writer.Bulk(arguments[1]);
        else
            session.Writer.Simple("PONG"u8);
    }

    public static void Echo(RespSession session, RespArguments arguments) => session.Writer.Bulk(arguments[1]);

    public static void Select(RespSession session, RespArguments arguments)
    {
        if (arguments.TryReadNumber(1, out long index) && index == 0)
            session.Writer.Simple("OK"u8);
        else
            session.Writer.Error("ERR DB index is out of range; there is only 0");
    }

    public static void Quit(RespSession session, RespArguments arguments)
    {
        session.Writer.Simple("OK"u8);
        session.IsClosing = true;
    }

    public static void Reset(RespSession session, RespArguments arguments)
    {
        session.Reset();
        session.Writer.Simple("RESET"u8);
    }

    public void Auth(RespSession session, RespArguments arguments)
    {
        if (arguments.Count > 3)
            session.Writer.Error("ERR wrong number of arguments for 'auth' command");
        else
            Answer(session, login.LogIn(session, arguments[arguments.Count - 1]));
    }

    public void Hello(RespSession session, RespArguments arguments)
    {
        if (HelloOptions.Read(arguments, out var options) is { } error)
            session.Writer.Error(error);
        else if (options.Secret >= 0 && login.LogIn(session, arguments[options.Secret]) is { } wrong)
            session.Writer.Error(wrong);
        else if (!login.IsOpenTo(session))
            session.Writer.Error("NOAUTH HELLO needs an API key here: send HELLO 3 AUTH default KEY, or AUTH first");
        else
        {
            session.IsResp3 = options.Protocol == 3 || (options.Protocol == 0 && session.IsResp3);
            session.Name = options.Name >= 0 ? Encoding.UTF8.GetString(arguments[options.Name]) : session.Name;
            WriteGreeting(session);
        }
    }

    public static void Client(RespSession session, RespArguments arguments)
    {
        if (arguments.Is(1, "ID"u8))
            session.Writer.Integer(session.Id);
        else if (arguments.Is(1, "GETNAME"u8))
            WriteName(session);
        else if (arguments.Is(1, "INFO"u8) || arguments.Is(1, "LIST"u8))
            session.Writer.Bulk(LineOf(session));
        else if (arguments.Is(1, "SETNAME"u8) && arguments.Count == 3)
            SetName(session, arguments);
        else if (arguments.Is(1, "SETINFO"u8) && arguments.Count == 4)
            SetLibrary(session, arguments);
        else if (arguments.Count == 3 && (arguments.Is(1, "NO-EVICT"u8) || arguments.Is(1, "NO-TOUCH"u8)))
            session.Writer.Simple("OK"u8);
        else
            session.Writer.Error($"ERR unknown subcommand or wrong number of arguments for '{arguments.Shown(1)}'");
    }

    private static void WriteName(RespSession session)
    {
        if (session.Name.Length == 0)
            session.Writer.Null();
        else
            session.Writer.Bulk(session.Name);
    }

    private static void SetName(RespSession session, RespArguments arguments)
    {
        if (HelloOptions.FaultOfName(arguments[2]) is { } fault)
        {
            session.Writer.Error(fault);
            return;
        }

        session.Name = Encoding.UTF8.GetString(arguments[2]);
        session.Writer.Simple("OK"u8);
    }

    private static void SetLibrary(RespSession session, RespArguments arguments)
    {
        if (HelloOptions.FaultOfName(arguments[3]) is { } fault)
            session.Writer.Error(fault);
        else if (arguments.Is(2, "LIB-NAME"u8) || arguments.Is(2, "LIB-VER"u8))
        {
            string text = Encoding.UTF8.GetString(arguments[3]);
            var (name, version) = session.Library;
            session.Library = arguments.Is(2, "LIB-NAME"u8) ? (text, version) : (name, text);
            session.Writer.Simple("OK"u8);
        }
        else
            session.Writer.Error($"ERR Unrecognized option '{arguments.Shown(2)}'; use LIB-NAME or LIB-VER");
    }

    private static string LineOf(RespSession session) =>
        $"id={session.Id} addr={session.Remote} laddr={session.Local} name={session.Name} db=0 "
            + $"resp={(session.IsResp3 ? 3 : 2)} user={session.Key?.Id ?? "default"} lib-name={session.Library.Name} "
            + $"lib-ver={session.Library.Version}\n";

    private static void WriteGreeting(RespSession session)
    {
        var writer = session.Writer;
        writer.Map(7);
        writer.Bulk("server"u8);
        writer.Bulk("weir"u8);
        writer.Bulk("version"u8);
        writer.Bulk(RedisVersion);
        writer.Bulk("proto"u8);
        writer.Integer(session.IsResp3 ? 3 : 2);
        writer.Bulk("id"u8);
        writer.Integer(session.Id);
        writer.Bulk("mode"u8);
        writer.Bulk("standalone"u8);
        writer.Bulk("role"u8);
        writer.Bulk("master"u8);
        writer.Bulk("modules"u8);
        writer.Array(0);
    }

    private static void Answer(RespSession session, string? error)
    {
        if (error is null)
            session.Writer.Simple("OK"u8);
        else
            session.Writer.Error(error);
    }
}
