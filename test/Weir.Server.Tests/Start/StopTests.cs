using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

/// <summary>
/// A real process that is told to stop. Its times are so long that only a signal ends it while a test looks.
/// </summary>
public sealed class StopTests : IDisposable
{
    private const string Forever = "600000";

    private readonly PolicyFile _policies = new();
    private readonly TemporaryFolder _folder = new();

    private string SnapshotPath => Path.Combine(_folder.Path, "snapshot");

    public void Dispose()
    {
        _policies.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("HUP")]
    public async Task A_signal_stops_it_in_order_with_a_snapshot(string signal)
    {
        using (var server = await StartAsync())
        {
            await server.Http.TakeAsync("k", 7, "slow");
            server.Signal(signal);
            await server.EndedAsync();
            Assert.Contains("Weir stops: ", server.Output, StringComparison.Ordinal);
        }

        using var restarted = await StartAsync();
        Assert.Equal(3, await restarted.Http.RemainingAsync("k", "slow"));
    }

    [Fact]
    public async Task While_it_drains_it_decides_and_says_that_it_stops_and_every_answer_ends_its_connection()
    {
        using var server = await StartAsync($"Weir:Shutdown:DrainMs={Forever}");
        using var idle = await RawConnection.OpenAsync(server.Address);
        using var halfSent = await RawConnection.OpenAsync(server.Address);
        await idle.SendAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.DoesNotContain("Connection:", await idle.ReadAnswerAsync(), StringComparison.Ordinal);
        await halfSent.SendAsync(
            "POST /v1/take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                + "11\r\n\r\n{\"key\"");
        await server.Http.TakeAsync("k", 2, "slow");

        await BeginDrainAsync(server);

        await AssertCloses(server, "GET", "/readyz", 503);
        Assert.Equal("stopping", (await server.Http.GetAsync("/readyz")).Text("status"));
        await AssertCloses(server, "GET", "/livez", 200);
        await AssertCloses(server, "GET", "/nothing", 404);
        Assert.Equal(5, (await server.Http.TakeAsync("k", 3, "slow")).Number("remaining"));
        await halfSent.SendAsync(":\"b\"}");
        string answer = await halfSent.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        // An idle connection is left open, so that the next request on it gets its answer.
        await idle.SendAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Assert.Contains("\r\nConnection: close\r\n", await idle.ReadToEndAsync(), StringComparison.Ordinal);
        Assert.False(server.HasEnded);
    }

    [Fact]
    public async Task What_would_be_lost_is_saved_before_it_waits_and_again_at_the_end_and_a_second_signal_hurries()
    {
        using (var server = await StartAsync($"Weir:Shutdown:DrainMs={Forever}"))
        {
            await server.Http.TakeAsync("k", 2, "slow");
            await BeginDrainAsync(server);
            await Until.TrueAsync(() => File.Exists(SnapshotPath), () => "there is no snapshot while it drains");
            Assert.False(server.HasEnded);
            await server.Http.TakeAsync("k", 3, "slow");

            server.Signal("TERM");
            await server.EndedAsync();
        }

        using var restarted = await StartAsync();
        Assert.Equal(5, await restarted.Http.RemainingAsync("k", "slow"));
    }

    [Fact]
    public async Task A_half_sent_body_holds_up_neither_the_snapshot_nor_a_second_signal()
    {
        using var server = await StartAsync($"Weir:Shutdown:TimeoutMs={Forever}");
        using var halfSent = await HalfSentAsync(server);
        await server.Http.TakeAsync("k", 7, "slow");

        server.Signal("TERM");
        await Until.TrueAsync(() => File.Exists(SnapshotPath), () => "there is no snapshot while it waits");
        await Until.TrueAsync(async () => !await ListensAsync(server), () => "it still listens");
        Assert.False(server.HasEnded);

        server.Signal("TERM");
        await server.EndedAsync();
    }

    [Fact]
    public async Task A_half_sent_body_is_cut_when_its_time_is_over()
    {
        using var server = await StartAsync("Weir:Shutdown:TimeoutMs=500");
        using var never = await HalfSentAsync(server);

        server.Signal("TERM");

        await server.EndedAsync();
        Assert.DoesNotContain("200 OK", await never.ReadToEndAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_ends_in_time_is_answered_and_idle_connections_are_closed_in_order()
    {
        using var server = await StartAsync($"Weir:Shutdown:TimeoutMs={Forever}");
        using var soon = await HalfSentAsync(server);
        using var idle = await RawConnection.OpenAsync(server.Address);
        await idle.SendAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n");
        await idle.ReadAnswerAsync();

        server.Signal("TERM");

        Assert.True(await idle.EndsInOrderAsync());
        await soon.SendAsync(":\"b\"}");
        string answer = await soon.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
        await server.EndedAsync();
    }

    [Fact]
    public async Task A_client_that_never_reads_holds_up_nothing_either()
    {
        using var server = await StartAsync("Weir:Shutdown:TimeoutMs=500");
        using var silent = await RawConnection.OpenAsync(server.Address);
        // More answers than the buffers of both sides hold.
        for (int i = 0; i < 200; i++)
            await silent.SendAsync("GET /schemas/policies.json HTTP/1.1\r\nHost: localhost\r\n\r\n");

        server.Signal("TERM");

        await server.EndedAsync();
    }

    [Fact]
    public async Task No_request_under_way_is_lost_when_callers_leave_while_it_drains()
    {
        using var server = await StartAsync($"Weir:Shutdown:DrainMs={Forever}");
        var callers = Enumerable.Range(0, 20).Select(async i =>
        {
            using var caller = await RawConnection.OpenAsync(server.Address);
            int answers = 0;
            string answer;
            do
            {
                await caller.SendAsync(
                    "POST /v1/take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
                        + $"11\r\n\r\n{{\"key\":\"{i % 10}\"}}");
                answer = await caller.ReadAnswerAsync();
                answers++;
                Assert.True(answer.StartsWith("HTTP/1.1 200", StringComparison.Ordinal)
                    || answer.StartsWith("HTTP/1.1 429", StringComparison.Ordinal), answer);
            }
            while (!answer.Contains("\r\nConnection: close\r\n", StringComparison.Ordinal));
            Assert.True(await caller.EndsInOrderAsync());
            return answers;
        }).ToList();

        server.Signal("TERM");
        Assert.All(await Task.WhenAll(callers), answers => Assert.InRange(answers, 1, int.MaxValue));

        server.Signal("TERM");
        await server.EndedAsync();
    }

    [Fact]
    public async Task Leases_are_returned_when_it_begins_to_stop_and_from_then_on_Redis_makes_every_decision()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        _policies.Replace(
            "defaultPlan: large\nplans: { large: { limits: { per-key: { by: [key], rate: 3600/h, burst: 100000 } } } "
                + "}\n");
        using var server = await ServerProcess.StartAsync(
            [.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:LeaseMs=1000", _policies.Setting,
                $"Weir:Shutdown:DrainMs={Forever}"]);
        await Until.TrueAsync(async () => await LocallyAsync(server) > 0, () => "nothing was decided by leases");

        await BeginDrainAsync(server);

        await Until.TrueAsync(async () => (await Metrics.ReadAsync(server.Http))["weir_leases{}"] == 0, () =>
            "something is still leased");
        double before = (await Metrics.ReadAsync(server.Http))["weir_decisions_local_total{}"]!.Value;
        for (int i = 0; i < 5; i++)
            Assert.Equal(before, await LocallyAsync(server));
    }

    /// <summary>Decisions that leases have made, after some more takes of one key.</summary>
    private static async Task<double> LocallyAsync(ServerProcess server)
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => server.Http.TakeAsync("k")));
        return (await Metrics.ReadAsync(server.Http))["weir_decisions_local_total{}"]!.Value;
    }

    private async Task<ServerProcess> StartAsync(params string[] settings) =>
        await ServerProcess.StartAsync(
            [_policies.Setting, $"Weir:Memory:SnapshotPath={SnapshotPath}", "Weir:Memory:SnapshotSeconds=86400",
                .. settings]);

    private static async Task<RawConnection> HalfSentAsync(ServerProcess server)
    {
        var connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync(
            "POST /v1/take HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 11\r\nExpect: "
                + "100-continue\r\n\r\n");
        // The server asks for the body, so the request is certainly under way.
        Assert.StartsWith("HTTP/1.1 100 Continue", await connection.ReadAnswerAsync(), StringComparison.Ordinal);
        await connection.SendAsync("{\"key\"");
        return connection;
    }

    private static async Task BeginDrainAsync(ServerProcess server)
    {
        server.Signal("TERM");
        await Until.TrueAsync(async () => (await server.Http.GetAsync("/readyz")).Status == 503, () =>
            "it is still ready");
    }

    private static async Task<bool> ListensAsync(ServerProcess server)
    {
        try
        {
            using var connection = await RawConnection.OpenAsync(server.Address);
            return true;
        }
        catch (System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    private static async Task AssertCloses(ServerProcess server, string method, string path, int status)
    {
        using var connection = await RawConnection.OpenAsync(server.Address);
        await connection.SendAsync($"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        string answer = await connection.ReadToEndAsync();
        Assert.StartsWith($"HTTP/1.1 {status} ", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nConnection: close\r\n", answer, StringComparison.Ordinal);
    }
}
