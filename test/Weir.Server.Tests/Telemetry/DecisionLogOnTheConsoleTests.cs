using System.Text.Json;
using System.Text.RegularExpressions;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Telemetry;

public sealed class DecisionLogOnTheConsoleTests
{
    [Fact]
    public async Task Lines_of_the_console_can_be_JSON_with_every_field_by_its_name()
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting, "Weir:DecisionLog:Denied=1", "Logging:Console:FormatterName=json");
        await server.Http.TakeAsync("k", 11, "slow");

        await Until.TrueAsync(() => server.Output.Contains("never-fits", StringComparison.Ordinal), () => server.Output);

        string line = server.Output.Split('\n').Single(line => line.Contains("never-fits", StringComparison.Ordinal));
        var state = JsonDocument.Parse(line).RootElement.GetProperty("State");
        Assert.Equal(("slow", "k", "per-key"), (state.GetProperty("Tenant").GetString(), state.GetProperty("Key").GetString(), state.GetProperty("Limit").GetString()));
        Assert.Equal((11, -1), (state.GetProperty("Cost").GetInt64(), state.GetProperty("RetryAfterMs").GetInt64()));
    }

    [Theory]
    [InlineData("simple", @"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info: Weir")]
    [InlineData("json", @"^\{""Timestamp"":""\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"",")]
    public async Task Lines_of_the_console_say_when_in_UTC(string formatter, string beginning)
    {
        using var policies = new PolicyFile();
        using var server = await ServerProcess.StartAsync(policies.Setting, "Weir:DecisionLog:Denied=1", $"Logging:Console:FormatterName={formatter}");
        await server.Http.TakeAsync("k", 11, "slow");

        await Until.TrueAsync(() => server.Output.Contains("never-fits", StringComparison.Ordinal), () => server.Output);

        Assert.Matches(new Regex(beginning), server.Output.Split('\n').Single(line => line.Contains("never-fits", StringComparison.Ordinal)));
    }
}
