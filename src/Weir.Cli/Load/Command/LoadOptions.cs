using System.CommandLine;

namespace Weir.Cli.Load;

internal sealed class LoadOptions
{
    private static readonly TimeSpan ShortestDuration = TimeSpan.FromMilliseconds(100);

    public Option<Uri?> Url { get; } = OptionSyntax.Url(
        "--url", $"The server to load. Without it the tool starts a Weir server, and a Redis, of its own. [example: {LoadSettings.DefaultUrl}]");

    public Option<long?> Users { get; } = OptionSyntax.Whole(
        "--users", 1, 10_000, "Users, each with one connection. [default: 100; spike: 1000]");

    public Option<long?> Rate { get; } = OptionSyntax.Whole(
        "--rate", 1, 1_000_000, "Open loop: requests a second, sent on schedule whatever the server does. Latency counts from the scheduled time.");

    public Option<TimeSpan?> Pace { get; } = OptionSyntax.Duration(
        "--pace", TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(1), "Closed loop: each user sends at most once in this time; latency is then corrected for the sends a wait hid.");

    public Option<TimeSpan?> Duration { get; } = OptionSyntax.Duration(
        "--duration", ShortestDuration, TimeSpan.FromHours(1), "How long each scenario is measured. [default: 10s]");

    public Option<TimeSpan?> Warmup { get; } = OptionSyntax.Duration(
        "--warmup", TimeSpan.Zero, TimeSpan.FromMinutes(10), "Load before measuring, not counted. [default: 2s; 6s for the first scenario on a server that the tool has just started]");

    public Option<TimeSpan?> Timeout { get; } = OptionSyntax.Duration(
        "--timeout", ShortestDuration, TimeSpan.FromMinutes(1), "A request without an answer for this long has failed. [default: 5s]");

    public Option<long?> Keys { get; } = OptionSyntax.Whole(
        "--keys", 1, 1_000_000_000, "Keys, picked at random. [default: 10000]");

    public Option<string?> Tenant { get; } = new("--tenant")
    {
        Description = "The tenant of every request. [default: the server's default tenant]",
        HelpName = "tenant",
    };

    public Option<long?> Cost { get; } = OptionSyntax.Whole(
        "--cost", 1, int.MaxValue, "Tokens a request takes. [default: 1]");

    public Option<long?> Seed { get; } = OptionSyntax.Whole(
        "--seed", 0, int.MaxValue, "The same seed picks the same keys. [default: 1]");

    public Option<string?> Json { get; } = new("--json")
    {
        Description = "Write the report as JSON, to a file or, without one, to standard output, where nothing else is then written.",
        HelpName = "file",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Option<bool> Outage { get; } = new("--outage")
    {
        Description = "The same as --scenario outage: kill the tool's own Redis in the middle, start it again empty, and show what users saw.",
    };

    public Option<string?> ScenarioName { get; } = OptionSyntax.OneOf(
        "--scenario", ["steady", "spike", "outage", Scenario.All], "What to run. [default: all; steady when --url, --users or --rate is given]");

    public IEnumerable<Option> All =>
        [Url, Users, Rate, Pace, Duration, Warmup, Timeout, Keys, Tenant, Cost, Seed, ScenarioName, Outage, Json];
}
