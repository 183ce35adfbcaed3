using System.CommandLine;
using System.CommandLine.Parsing;

namespace Weir.Cli.Load;

internal static class SettingsReader
{
    public static void Validate(CommandResult command, LoadOptions options)
    {
        foreach (string error in Contradictions(command, options))
            command.AddError(error);
    }

    public static LoadSettings Read(ParseResult parsed, LoadOptions options)
    {
        var defaults = new LoadSettings { Scenarios = [] };
        return defaults with
        {
            Url = parsed.GetValue(options.Url),
            Scenarios = Choose(parsed, options),
            Rate = parsed.GetValue(options.Rate),
            Pace = parsed.GetValue(options.Pace) ?? defaults.Pace,
            Duration = parsed.GetValue(options.Duration) ?? defaults.Duration,
            Warmup = parsed.GetValue(options.Warmup) ?? defaults.Warmup,
            FirstWarmup = parsed.GetValue(options.Warmup)
                ?? (Given(parsed.CommandResult, options.Url) ? defaults.Warmup : LoadSettings.FreshServerWarmup),
            Timeout = parsed.GetValue(options.Timeout) ?? defaults.Timeout,
            Keys = parsed.GetValue(options.Keys) ?? defaults.Keys,
            Tenant = parsed.GetValue(options.Tenant),
            Cost = parsed.GetValue(options.Cost) ?? defaults.Cost,
            Seed = (int)(parsed.GetValue(options.Seed) ?? defaults.Seed),
            Json = parsed.GetResult(options.Json) is not null,
            JsonFile = parsed.GetValue(options.Json),
        };
    }

    private static IReadOnlyList<Scenario> Choose(ParseResult parsed, LoadOptions options)
    {
        bool single = Given(parsed.CommandResult, options.Url) || Given(parsed.CommandResult, options.Users) || Given(parsed.CommandResult, options.Rate);
        string name = parsed.GetValue(options.ScenarioName)
            ?? (parsed.GetValue(options.Outage) ? Scenario.RedisOutage.Name : single ? Scenario.Steady.Name : Scenario.All);
        if (name == Scenario.All)
            return Scenario.Table;
        var scenario = Scenario.Table.First(known => known.Name == name);
        return [scenario with { Users = (int)(parsed.GetValue(options.Users) ?? scenario.Users) }];
    }

    private static IEnumerable<string> Contradictions(CommandResult command, LoadOptions options)
    {
        string? name = TextOf(command, options.ScenarioName);
        bool outage = Given(command, options.Outage) || name == Scenario.RedisOutage.Name;
        if (Given(command, options.Outage) && name is not null && name != Scenario.RedisOutage.Name)
            yield return $"--outage is itself a scenario: leave --scenario {name} away, or --outage.";
        if (Given(command, options.Url) && outage)
            yield return "--outage kills and restarts Redis, and only a Redis of the tool's own may be killed: leave --url away, and the tool starts a server and a Redis for it.";
        if (Given(command, options.Url) && name == Scenario.All)
            yield return "--scenario all ends with an outage, for which the tool needs a Redis of its own: leave --url away, or run --scenario steady and --scenario spike.";
        if (Given(command, options.Users) && name == Scenario.All)
            yield return "--users: each scenario of --scenario all has its own number. Choose one with --scenario steady, spike or outage.";
        if (Given(command, options.Rate) && Given(command, options.Pace))
            yield return "--pace is for the closed loop and --rate for the open one: leave one of them away.";
        if ((outage || name == Scenario.All) && TooShort(command, options))
            yield return $"--duration: an outage needs at least {DurationSyntax.Write(OutageScript.LeastDuration)}, to let decisions come back.";
    }

    private static bool TooShort(CommandResult command, LoadOptions options) =>
        DurationSyntax.TryParse(TextOf(command, options.Duration) ?? "", out var duration) && duration < OutageScript.LeastDuration;

    private static string? TextOf(CommandResult command, Option option) =>
        command.GetResult(option) is { Tokens: [var token, ..] } ? token.Value : null;

    private static bool Given(CommandResult command, Option option) => command.GetResult(option) is { Implicit: false };
}
