using System.CommandLine;
using Weir.Cli.Load;

namespace Weir.Cli.Tests;

public sealed class OptionTests
{
    [Fact]
    public void Without_options_the_seeds_table_is_run_on_a_server_of_its_own()
    {
        var settings = Settings("load");

        Assert.Null(settings.Url);
        Assert.Equal([("steady", 100, false), ("spike", 1_000, false), ("outage", 100, true)], settings.Scenarios.Select(s => (s.Name, s.Users, s.Outage)));
        Assert.Equal((TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(2), 10_000, 1), (settings.Duration, settings.Warmup, settings.Keys, settings.Cost));
        Assert.Equal(Correction.None, settings.Correction);
    }

    [Theory]
    [InlineData("load", 6)]
    [InlineData("load --warmup 1s", 1)]
    [InlineData("load --url http://localhost:3000", 2)]
    public void A_server_that_was_just_started_is_warmed_up_longer(string line, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), Settings(line).FirstWarmup);

    [Theory]
    [InlineData("load --url http://localhost:3000", "steady", 100)]
    [InlineData("load --users 7", "steady", 7)]
    [InlineData("load --rate 10", "steady", 100)]
    [InlineData("load --scenario spike", "spike", 1_000)]
    [InlineData("load --scenario spike --users 500", "spike", 500)]
    [InlineData("load --outage", "outage", 100)]
    [InlineData("load --outage --users 20 --rate 100", "outage", 20)]
    public void One_scenario_is_run_when_one_is_described(string line, string name, int users)
    {
        var scenario = Assert.Single(Settings(line).Scenarios);

        Assert.Equal((name, users), (scenario.Name, scenario.Users));
    }

    [Fact]
    public void Every_option_reaches_the_settings()
    {
        var settings = Settings("load --url http://h:1/p --users 3 --rate 20000 --duration 2m --warmup 0s --timeout 250ms --keys 5 --tenant acme --cost 4 --seed 9 --json out.json");

        Assert.Equal(new Uri("http://h:1/p"), settings.Url);
        Assert.Equal((20_000L, TimeSpan.FromMinutes(2), TimeSpan.Zero, TimeSpan.FromMilliseconds(250)), (settings.Rate!.Value, settings.Duration, settings.Warmup, settings.Timeout));
        Assert.Equal((5L, "acme", 4L, 9), (settings.Keys, settings.Tenant, settings.Cost, settings.Seed));
        Assert.Equal((true, "out.json"), (settings.Json, settings.JsonFile));
        Assert.Equal(Correction.IntendedTime, settings.Correction);
        Assert.Equal(Correction.ExpectedInterval, Settings("load --pace 10ms").Correction);
    }

    [Fact]
    public void Json_without_a_file_is_standard_output()
    {
        Assert.Equal((true, null), (Settings("load --json --users 3").Json, Settings("load --json --users 3").JsonFile));
        Assert.False(Settings("load").Json);
    }

    [Theory]
    [InlineData("load --users 0", "--users: '0' is not a whole number from 1 to 10000.")]
    [InlineData("load --users many", "--users: 'many' is not a whole number from 1 to 10000.")]
    [InlineData("load --rate 0.5", "--rate: '0.5' is not a whole number from 1 to 1000000.")]
    [InlineData("load --keys 0", "--keys: '0' is not a whole number from 1 to 1000000000.")]
    [InlineData("load --cost 0", "--cost: '0' is not a whole number from 1 to 2147483647.")]
    [InlineData("load --duration 10", "--duration: '10' is not a duration. Write a number with a unit: 500ms, 10s, 2m.")]
    [InlineData("load --duration 2h", "--duration: 2h is out of range. Choose from 100ms to 60m.")]
    [InlineData("load --timeout 0s", "--timeout: 0s is out of range. Choose from 100ms to 60s.")]
    [InlineData("load --url localhost:3000", "--url: 'localhost:3000' is not the address of a server. Write it like http://localhost:3000/")]
    [InlineData("load --scenario calm", "--scenario: 'calm' is not one of steady, spike, outage, all.")]
    [InlineData("load --url http://localhost:3000 --outage", "--outage kills and restarts Redis")]
    [InlineData("load --url http://localhost:3000 --scenario outage", "--outage kills and restarts Redis")]
    [InlineData("load --url http://localhost:3000 --scenario all", "--scenario all ends with an outage")]
    [InlineData("load --scenario all --users 5", "--users: each scenario of --scenario all has its own number.")]
    [InlineData("load --outage --scenario spike", "--outage is itself a scenario")]
    [InlineData("load --outage --duration 1s", "--duration: an outage needs at least 3s")]
    [InlineData("load --rate 5 --pace 5ms", "--pace is for the closed loop and --rate for the open one")]
    [InlineData("load --bogus", "'--bogus'")]
    [InlineData("", "Required command was not provided.")]
    public async Task A_wrong_command_line_names_the_option_and_the_cure(string line, string message)
    {
        var run = await ToolRun.OfAsync(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(ExitCode.Usage, run.ExitCode);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Output);
    }

    [Fact]
    public async Task Help_lists_every_option_and_says_what_latency_means()
    {
        var run = await ToolRun.OfAsync("load", "--help");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.All(new LoadOptions().All, option => Assert.Contains(option.Name, run.Output, StringComparison.Ordinal));
        Assert.Contains("coordinated omission", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Version_is_a_version()
    {
        var run = await ToolRun.OfAsync("--version");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", run.Output);
    }

    private static LoadSettings Settings(string line)
    {
        var options = new LoadOptions();
        var command = new Command("load");
        foreach (var option in options.All)
            command.Add(option);
        command.Validators.Add(result => SettingsReader.Validate(result, options));
        var parsed = new RootCommand { command }.Parse(line);
        Assert.Empty(parsed.Errors);
        return SettingsReader.Read(parsed, options);
    }
}
