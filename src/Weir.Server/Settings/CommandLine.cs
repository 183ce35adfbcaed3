using System.Globalization;

namespace Weir.Server;

internal enum CommandVerb
{
    Serve,
    Help,
    Version,
    Health,
}

/// <summary>Parsed command line: a verb and settings, <c>--NAME=VALUE</c>. Errors quote no value but a port.</summary>
internal sealed record CommandLine(CommandVerb Verb, string[] Settings, IReadOnlyList<string> Faults)
{
    private const string Urls = "--urls=http://localhost:8080";
    private const string Redis = "--Weir:Redis:Endpoints=HOST:PORT";
    private const string Policies = "--Weir:PolicyFile=FILE";
    private const string AdminKey = "--Weir:Auth:AdminKeyFile=FILE";
    private const string Json = "--Logging:Console:FormatterName=json";
    private const string Level = "--Logging:LogLevel:Default=Debug";

    private static readonly string[] OfHost =
        ["urls", "http_ports", "https_ports", "AllowedHosts", "environment", "contentRoot", "applicationName"];

    private static readonly string[] SectionsOfHost = ["Logging:", "Kestrel:", "OTEL_"];

    /// <summary>Argument names of other programs, with the matching setting of Weir.</summary>
    private static readonly (string Names, string Meant)[] Aliases =
    [
        ("port p listen bind address addr host url http", Urls),
        ("redis redis-url redis-host redis-addr endpoints", Redis),
        ("config c f policy policies policy-file", Policies),
        ("admin-key key", AdminKey),
        ("verbose v debug log-level", Level),
        ("json log-format", Json),
    ];

    public static CommandLine Read(string[] args)
    {
        if (args.Any(arg => arg is "--help" or "-h" or "-?" or "/?"))
            return new(CommandVerb.Help, [], []);
        if (args.Contains("--version"))
            return new(CommandVerb.Version, [], []);
        bool isHealth = args.Contains("--health");
        string[] given = [.. args.Where(arg => arg != "--health")];
        var faults = new List<string>();
        for (int i = 0; i < given.Length; i++)
        {
            bool hasValue = given[i].Contains('=');
            bool takesNext = !hasValue && i + 1 < given.Length
                && !given[i + 1].StartsWith("--", StringComparison.Ordinal);
            string name = given[i].Split('=')[0];
            if (!IsName(name))
                faults.Add($"Argument {i + 1} is not a setting; use --NAME=VALUE, such as {Urls}");
            else if (FaultOf(name, takesNext ? given[i + 1] : "") is { } fault)
                faults.Add(fault);
            else if (!hasValue && !takesNext)
                faults.Add($"Argument {i + 1} has no value; use --NAME=VALUE, such as {Urls}");
            i += IsName(name) && takesNext ? 1 : 0;
        }

        return new(isHealth ? CommandVerb.Health : CommandVerb.Serve, given, faults);
    }

    private static bool IsName(string name) =>
        name.StartsWith('-') && name.TrimStart('-').Split(':').All(part => ShownValue.IsName(part));

    /// <remarks>Accepts every name below the section <c>Weir</c>, which <see cref="SettingsReader"/> checks.</remarks>
    private static string? FaultOf(string argument, string value)
    {
        string name = argument.TrimStart('-');
        string[] sections = [WeirOptions.Section + ":", .. SectionsOfHost];
        bool isKnown = OfHost.Contains(name, StringComparer.OrdinalIgnoreCase)
            || sections.Any(section => name.StartsWith(section, StringComparison.OrdinalIgnoreCase));
        if (isKnown && argument == $"--{name}")
            return null;
        string? meant = isKnown ? $"--{name}"
            : AliasOf(name) is { } alias ? alias
            : Suggestions.SettingFor(name) is { } setting ? $"--{WeirOptions.Section}:{setting}=VALUE"
            : Suggestions.Closest(name, [.. OfHost, "help", "version", "health"]) is { } other ? $"--{other}"
            : null;
        // Repeat the given port in the suggestion, because a port is not a secret.
        if (meant == Urls && ushort.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            meant = $"--urls=http://localhost:{port}";
        return meant is null ? $"Unknown argument {argument}; --help lists all settings"
            : $"Unknown argument {argument}. Did you mean {meant}?";
    }

    private static string? AliasOf(string name) =>
        Aliases.FirstOrDefault(alias => alias.Names.Split(' ').Contains(name, StringComparer.OrdinalIgnoreCase)).Meant;
}
