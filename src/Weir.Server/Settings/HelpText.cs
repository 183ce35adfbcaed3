using System.Text;

namespace Weir.Server;

internal static class HelpText
{
    private const int Columns = 100;

    public static string Write()
    {
        var text = new StringBuilder(
            $"""
            Weir {ProductVersion.Text}: a rate limiter that many instances share.

            Usage: Weir.Server [--NAME=VALUE ...]
                   Weir.Server --help | --version | --health [--urls=URL]

              --help      Prints this.
              --version   Prints the version.
              --health    Asks the service on this machine whether it lives; the exit code is 0 if it does.

            A setting is an argument (--Weir:Redis:Endpoints=redis:6379), a variable of the environment
            (Weir__Redis__Endpoints=redis:6379) or an entry of appsettings.json in the current folder. The first of
            these three that has a value wins.

            Addresses:

              --urls={ListenAddresses.DefaultUrl}
                  Addresses to listen on, separated by semicolons. In the environment ASPNETCORE_URLS; without one,
                  PORT is the port to listen on, on every address.
              --Logging:Console:FormatterName=simple
                  Form of the log: simple or json.
              --Logging:LogLevel:Default=Information
                  Lowest level that is logged.

            Settings, each with its default:


            """);
        foreach (var (path, setting) in SettingTable.Paths)
        {
            bool hasValue = HasDefault(setting);
            text.Append($"  --{path}{(hasValue ? $"={setting.Default}" : "")}\n");
            string unset = hasValue || setting.Default == "none" ? "" : $" Default: {setting.Default}.";
            Wrap(text, $"{setting.Meaning} Values: {setting.Kind.Values}.{unset}");
        }

        return text.ToString();
    }

    private static bool HasDefault(Setting setting) => !setting.Default.Contains(' ') && setting.Default != "none";

    private static void Wrap(StringBuilder text, string sentence)
    {
        const string Indent = "      ";
        int column = 0;
        foreach (string word in sentence.Split(' '))
        {
            if (column == 0 || column + 1 + word.Length > Columns)
            {
                text.Append(column == 0 ? "" : "\n").Append(Indent);
                column = Indent.Length;
            }
            else
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
        }

        text.Append('\n');
    }
}
