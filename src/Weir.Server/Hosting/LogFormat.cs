using Microsoft.Extensions.Logging.Console;

namespace Weir.Server;

internal static class LogFormat
{
    private const string Setting = "Logging:Console:FormatterName";

    public const string Moment = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public static bool IsJson(IConfiguration configuration) =>
        string.Equals(configuration[Setting], ConsoleFormatterNames.Json, StringComparison.OrdinalIgnoreCase);

    public static IEnumerable<string> FaultsOf(IConfiguration configuration)
    {
        foreach (var level in Below(configuration.GetSection("Logging")).Where(setting => IsLevel(setting.Path)))
        {
            if (level.Value is { Length: > 0 } value && !Enum.TryParse<LogLevel>(value, ignoreCase: true, out _))
                yield return $"{ShownValue.Section(level.Path)}: {ShownValue.Of(value)} is not a level; use one of "
                    + $"{string.Join(", ", Enum.GetNames<LogLevel>())}";
        }

        if (configuration[Setting] is { Length: > 0 } name && !IsJson(configuration)
            && !string.Equals(name, ConsoleFormatterNames.Simple, StringComparison.OrdinalIgnoreCase))
            yield return $"{Setting}: {ShownValue.Of(name)} is unknown; use simple or json";
    }

    public static void AddConsole(ILoggingBuilder logging, bool isJson)
    {
        if (isJson)
        {
            // Log in UTC, so that lines of instances in different time zones can be compared.
            logging.AddJsonConsole(console => (console.UseUtcTimestamp, console.TimestampFormat) = (true, Moment));
            return;
        }

        logging.AddConsole(console => console.FormatterName = LineFormatter.FormatName)
            .AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
    }

    private static IEnumerable<IConfigurationSection> Below(IConfigurationSection section) =>
        section.GetChildren().SelectMany(child => Below(child).Prepend(child));

    private static bool IsLevel(string path) =>
        path.Split(':') is [.., var section, _]
            && string.Equals(section, "LogLevel", StringComparison.OrdinalIgnoreCase);
}
