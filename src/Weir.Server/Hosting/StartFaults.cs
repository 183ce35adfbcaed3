using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;

namespace Weir.Server;

/// <summary>Converts a startup error to messages without stack traces and secrets.</summary>
internal static class StartFaults
{
    private const string Prefix = "Weir cannot start: ";
    private const StringSplitOptions Trimmed = StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries;

    private static readonly char[] LineEnds = ['\r', '\n', '\t'];

    private static readonly string[] SecretNames = ["Key", "Password", "Secret", "Endpoints"];

    private const string OtherPort = "use another port, such as with --urls=http://localhost:8080";

    public static IReadOnlyList<string> Of(Exception thrown, IConfiguration configuration) => thrown switch
    {
        SettingsException settings => settings.Faults,
        PolicyException policies => [.. policies.Errors.Select(error => error.ToString())],
        InvalidDataException { InnerException: { } cause } broken => [OfFile(broken, cause)],
        IOException { InnerException: AddressInUseException } inUse =>
            [$"{OneLine(inUse.Message)} Another program listens there: stop it, or {OtherPort}"],
        DirectoryNotFoundException folder =>
            [$"{ShownValue.Path(folder.Message)}: there is no such folder; make it, or name another as contentRoot"],
        SocketException socket =>
            [$"{string.Join(", ", ListenAddresses.All(configuration).Select(ShownValue.Url))}: {OfSocket(socket)}"],
        UnauthorizedAccessException closed => [$"{OneLine(closed.Message)} Let this user read it, or remove it"],
        IOException file => [OneLine(file.Message)],
        _ => [$"{WithoutSecrets(OneLine(thrown.Message), configuration)} ({thrown.GetType().Name}); --help lists all "
            + "settings"],
    };

    public static void Print(IReadOnlyList<string> faults, bool isJson)
    {
        if (!isJson)
        {
            foreach (string fault in faults)
                Console.Error.WriteLine(Prefix + OneLine(fault));
            return;
        }

        using var log = LoggerFactory.Create(logging =>
        {
            LogFormat.AddConsole(logging, isJson);
            logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(console =>
                console.LogToStandardErrorThreshold = LogLevel.Trace);
        });
        var logger = log.CreateLogger(typeof(Service).FullName!);
        foreach (string fault in faults)
            ServiceLog.CannotStart(logger, OneLine(fault));
    }

    /// <summary>Describes an unreadable settings file without the parser's message, which may quote the file.</summary>
    private static string OfFile(InvalidDataException broken, Exception cause)
    {
        string file = broken.Message.Split('\'') is [_, var path, ..] ? path : "a file of settings";
        return cause.GetBaseException() is JsonException json
            ? $"{file}: line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1} is not JSON; correct it, or "
                + "remove the file"
            : $"{file}: {OneLine(cause.Message)} Correct it, or remove the file";
    }

    private static string OfSocket(SocketException socket) => socket.SocketErrorCode switch
    {
        SocketError.AccessDenied =>
            $"this user may not listen there; below port 1024 that needs root or CAP_NET_BIND_SERVICE: {OtherPort}",
        SocketError.AddressNotAvailable =>
            "this machine has no such address, or no folder for such a socket; use one that it has, or localhost",
        SocketError.AddressAlreadyInUse => $"another program listens there; stop it, or {OtherPort}",
        _ => $"it cannot listen there ({OneLine(socket.Message)}); use another address",
    };

    /// <summary>Removes configured secrets from an exception message.</summary>
    private static string WithoutSecrets(string message, IConfiguration configuration)
    {
        var secrets = from setting in configuration.AsEnumerable()
                      where setting.Value is { Length: > 3 }
                      let name = setting.Key.Split(':')[^1]
                      where SecretNames.Any(end => name.EndsWith(end, StringComparison.OrdinalIgnoreCase))
                      select setting.Value;
        return secrets.Aggregate(message, (text, secret) => text.Replace(secret, "...", StringComparison.Ordinal));
    }

    private static string OneLine(string text) => string.Join(' ', text.Split(LineEnds, Trimmed));
}
