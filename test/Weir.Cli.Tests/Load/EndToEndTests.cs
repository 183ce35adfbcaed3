using System.Text.Json;
using Weir.Cli.Load;

namespace Weir.Cli.Tests;

/// <summary>The tool's own code, from the command line to the report, against a server that says what the test wants.</summary>
public sealed class EndToEndTests
{
    [Fact]
    public async Task Every_answer_of_the_server_is_in_the_report()
    {
        await using var server = new FakeWeir(number => number == 1 || number % 3 == 0 ? FakeAnswer.Allowed : FakeAnswer.Denied);

        var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "8", "--duration", "1s", "--warmup", "0s", "--json");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        var scenario = Scenario(run);
        long allowed = Number(scenario, "allowed"), denied = Number(scenario, "denied");
        // The first request is the question whether anybody is there.
        Assert.Equal(server.Answered - 1, Number(scenario, "requests"));
        Assert.Equal(server.Answered - 1, allowed + denied);
        Assert.Equal(server.Answered / 3, allowed);
        Assert.Equal((allowed, denied), (Number(scenario, "source", "redis"), Number(scenario, "source", "memory")));
        Assert.Equal(0, Number(scenario, "errors", "total"));
        Assert.True(allowed > 0 && denied > 0);
    }

    [Fact]
    public async Task An_open_loop_sends_what_it_intends()
    {
        await using var server = new FakeWeir(_ => FakeAnswer.Allowed);

        var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "8", "--rate", "400", "--duration", "1s", "--warmup", "250ms", "--json");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Equal(400, Number(Scenario(run), "requests"));
        Assert.Equal(400 + 100 + 1, server.Answered);
    }

    [Fact]
    public async Task A_paced_user_sends_no_faster_than_its_pace()
    {
        await using var server = new FakeWeir(_ => FakeAnswer.Allowed);

        var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "4", "--pace", "100ms", "--duration", "1s", "--warmup", "0s", "--json");

        // Users begin a quarter of a pace apart: none has more than ten moments to send in the second, and a busy machine misses some.
        Assert.InRange(Number(Scenario(run), "requests"), 4, 40);
    }

    [Fact]
    public async Task A_request_that_fails_is_counted_and_fails_the_run()
    {
        await using var server = new FakeWeir(number => number % 10 == 0 ? FakeAnswer.Broken : FakeAnswer.Allowed);

        var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "4", "--duration", "300ms", "--warmup", "0s", "--json");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Equal(server.Answered / 10, Number(Scenario(run), "errors", "wrongStatus"));
    }

    [Fact]
    public async Task A_server_that_hangs_costs_each_user_one_timeout_at_a_time_and_the_run_ends()
    {
        var never = new TaskCompletionSource<FakeAnswer>();
        await using var server = new FakeWeir(number => number == 1 ? Task.FromResult(FakeAnswer.Allowed) : never.Task);

        var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "3", "--duration", "500ms", "--warmup", "0s", "--timeout", "200ms", "--json");
        never.SetResult(FakeAnswer.Broken);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.InRange(Number(Scenario(run), "errors", "timedOut"), 3, 9);
    }

    [Fact]
    public async Task An_open_loop_counts_what_it_could_not_send()
    {
        var never = new TaskCompletionSource<FakeAnswer>();
        await using var server = new FakeWeir(number => number == 1 ? Task.FromResult(FakeAnswer.Allowed) : never.Task);

        var run = await ToolRun.OfAsync(
            "load", "--url", server.Url, "--users", "2", "--rate", "200", "--duration", "500ms", "--warmup", "0s", "--timeout", "300ms", "--json");
        never.SetResult(FakeAnswer.Broken);

        var scenario = Scenario(run);
        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Equal(100, Number(scenario, "requests"));
        Assert.Equal(100, Number(scenario, "errors", "timedOut") + Number(scenario, "errors", "unsent"));
        Assert.True(Number(scenario, "errors", "unsent") > 50);
    }

    [Fact]
    public async Task A_connection_that_the_server_closes_is_opened_again()
    {
        await using var server = new FakeWeir(_ => FakeAnswer.Allowed with { Close = true });

        var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "2", "--duration", "300ms", "--warmup", "0s", "--json");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.True(Number(Scenario(run), "allowed") > 2);
    }

    [Fact]
    public async Task Plain_lines_and_a_table_are_written_where_nobody_watches()
    {
        await using var server = new FakeWeir(_ => FakeAnswer.Allowed);
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            var run = await ToolRun.OfAsync("load", "--url", server.Url, "--users", "2", "--duration", "1200ms", "--warmup", "0s", "--json", file);

            Assert.Equal(ExitCode.Ok, run.ExitCode);
            Assert.Contains("steady: 1.", run.Output, StringComparison.Ordinal);
            Assert.Contains("│ steady", run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("\e[", run.Output, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
            Assert.Equal(server.Url + "/", json.RootElement.GetProperty("url").GetString());
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Nothing_at_the_address_is_said_once_with_the_cure()
    {
        string url;
        await using (var server = new FakeWeir(_ => FakeAnswer.Allowed))
            url = server.Url;

        var run = await ToolRun.OfAsync("load", "--url", url);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Equal($"--url: nothing answers at {url}/: start it with: dotnet run -c Release --project src/Weir.Server", run.Error.Trim());
    }

    [Fact]
    public async Task Something_else_at_the_address_is_said_once_too()
    {
        await using var server = new FakeWeir(_ => new FakeAnswer(404, "{}"));

        var run = await ToolRun.OfAsync("load", "--url", server.Url);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("answers POST /limit/incr with status 404, not with a decision", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, 401, "wants a key (401): put one that may take into the variable WEIR_KEY")]
    [InlineData("weir_secret", 401, "does not take the key in WEIR_KEY (401)")]
    [InlineData("weir_secret", 403, "does not take the key in WEIR_KEY (403)")]
    [InlineData("weir_secret", 404, "the key in WEIR_KEY is for another tenant than --tenant names")]
    public async Task A_server_that_asks_for_a_key_is_told_of_with_the_cure_and_without_the_key(string? key, int status, string said)
    {
        await using var server = new FakeWeir(_ => new FakeAnswer(status, "{}"));

        var run = await ToolRun.OfAsync(new Surroundings(null, null) { Key = key }, "load", "--url", server.Url);

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains(said, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("weir_secret", run.Error + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_goes_with_every_request_and_into_no_report()
    {
        await using var server = new FakeWeir(_ => FakeAnswer.Allowed);

        var run = await ToolRun.OfAsync(new Surroundings(null, null) { Key = "weir_secret" }, "load", "--url", server.Url, "--users", "2", "--duration", "200ms", "--warmup", "0s", "--json");

        Assert.Equal(ExitCode.Ok, run.ExitCode);
        Assert.Contains("Authorization: Bearer weir_secret\r\n", server.LastRequest, StringComparison.Ordinal);
        Assert.DoesNotContain("weir_secret", run.Error + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_server_beside_it_the_tool_says_how_to_get_one()
    {
        var run = await ToolRun.OfAsync("load");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("There is no server beside the tool.", run.Error, StringComparison.Ordinal);
    }

    private static JsonElement Scenario(ToolRun run)
    {
        using var json = JsonDocument.Parse(run.Output);
        return json.RootElement.GetProperty("scenarios")[0].Clone();
    }

    private static long Number(JsonElement element, params string[] path) =>
        path.Aggregate(element, (at, name) => at.GetProperty(name)).GetInt64();
}
