using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>
/// Live data that Redis has lost, all of it or a part, while instances run and start. What was created opens, what was
/// revoked does not, and nobody is told that a valid key is wrong.
/// </summary>
public sealed class LiveLossTests : IAsyncLifetime
{
    private const string State = "weir:{~live}:state";

    private ServerOnRedis _server = null!;
    private string _secret = "";
    private string _revoked = "";

    private HttpCalls Http => _server.Http;

    private RedisServer Redis => _server.Redis;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    /// <summary>Starts an instance, and gives it live data of each kind.</summary>
    private async Task StartAsync()
    {
        _server = await ServerOnRedis.StartAsync(KeyCalls.Closed);
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"tenant":"acme","key":"bad","reason":"abuse"}""");
        (_, _secret) = await Http.CreateKeyAsync();
        (string id, _revoked) = await Http.CreateKeyAsync();
        Assert.Equal(204, (await Http.AdminAsync(HttpMethod.Delete, $"/admin/keys/{id}")).Status);
    }

    private Task<RunningServer> StartAnotherAsync() => _server.StartAnotherAsync(KeyCalls.Closed);

    /// <summary>What an instance answers by live data: a key, a revoked one, a tenant's limits, a block.</summary>
    private async Task<string> AnswersAsync(HttpCalls http)
    {
        int open = (await http.TakeWithAsync(_secret, Fresh.Key(), "acme")).Status, shut = (await http.TakeWithAsync(_revoked, Fresh.Key(), "acme")).Status;
        var take = await http.TakeWithAsync(_secret, Fresh.Key(), "acme");
        return $"{open} {shut} {(take.Status == 200 ? take.Number("remaining") : -1)} {(await http.TakeWithAsync(_secret, "bad", "acme")).Status}";
    }

    private const string Right = "200 401 19 429";

    private static int Restorations(params RunningServer[] servers) =>
        servers.Sum(server => server.Log.Count("this instance has restored version"));

    private static Task UntilRestoredAsync(params RunningServer[] servers) =>
        Until.TrueAsync(() => Restorations(servers) > 0, () => string.Join('\n', servers.SelectMany(server => server.Log.AtLeast(Microsoft.Extensions.Logging.LogLevel.Warning))));

    [Theory]
    [InlineData("FLUSHALL")]
    [InlineData("DEL", State)]
    [InlineData("HDEL", State, "version")]
    [InlineData("HDEL", State, "history")]
    [InlineData("HDEL", State, "tenant/acme")]
    [InlineData("HDEL", State, "policies/", "block/acme/bad")]
    [InlineData("HSET", State, "version", "2")]
    [InlineData("RENAME", State, "weir:{~live}:elsewhere")]
    public async Task What_is_lost_is_restored_with_a_line_in_the_log_and_an_instance_that_starts_then_decides_by_it(params string[] loss)
    {
        await StartAsync();
        await Redis.CommandAsync(loss);
        await UntilRestoredAsync(_server.Server);
        await using var started = await StartAnotherAsync();
        foreach (var http in new[] { Http, started.Http })
            Assert.Equal(Right, await AnswersAsync(http));
        Assert.Equal(200, (await started.Http.PutTenantAsync("globex", """{"plan":"wide"}""")).Status);
        Assert.Equal(1, Restorations(_server.Server, started));
    }

    [Fact]
    public async Task What_is_not_a_hash_any_more_is_restored()
    {
        await StartAsync();
        await Redis.CommandAsync("DEL", State);
        await Redis.CommandAsync("SET", State, "x");
        await UntilRestoredAsync(_server.Server);
        await using var started = await StartAnotherAsync();
        Assert.Equal(Right, await AnswersAsync(started.Http));
    }

    [Fact]
    public async Task An_instance_that_starts_between_a_loss_and_its_restoration_waits_for_it_and_calls_no_key_wrong()
    {
        await StartAsync();
        for (int i = 0; i < 3; i++)
        {
            await Redis.CommandAsync("FLUSHALL");
            await using var started = await StartAnotherAsync();
            Assert.Equal(Right, await AnswersAsync(started.Http));
        }
    }

    [Fact]
    public async Task An_instance_that_starts_while_Redis_is_away_calls_no_key_wrong_when_Redis_comes_back_empty()
    {
        await StartAsync();
        Redis.Kill();
        await using var started = await StartAnotherAsync();
        int wrong = 0, status = (await started.Http.TakeWithAsync(_secret, Fresh.Key(), "acme")).Status;
        Assert.Equal(503, status);
        await Redis.RestartAsync();
        await Until.TrueAsync(
            async () =>
            {
                status = (await started.Http.TakeWithAsync(_secret, Fresh.Key(), "acme")).Status;
                wrong += status == 401 ? 1 : 0;
                return status == 200;
            },
            () => $"the last answer was {status}");
        Assert.Equal(0, wrong);
        Assert.Equal(401, (await started.Http.TakeWithAsync(_revoked, Fresh.Key(), "acme")).Status);
    }

    [Fact]
    public async Task Of_many_instances_that_notice_a_loss_one_restores_it()
    {
        await StartAsync();
        await using var second = await StartAnotherAsync();
        await using var third = await StartAnotherAsync();
        RunningServer[] all = [_server.Server, second, third];
        for (int i = 1; i <= 5; i++)
        {
            await Redis.CommandAsync("FLUSHALL");
            await Redis.CommandAsync("PUBLISH", "weir:{~live}:changed", "0");
            await Until.TrueAsync(() => Restorations(all) >= i, () => $"{Restorations(all)} restorations");
            Assert.Equal(200, (await second.Http.PutTenantAsync($"t{i}", """{"plan":"wide"}""")).Status);
            // An instance that did not know of the change would restore less than there was, and another one the rest.
            foreach (var server in all)
                await Until.TrueAsync(async () => (await server.Http.AdminAsync(HttpMethod.Get, $"/admin/tenants/t{i}")).Text("plan") == "wide", () => "the change has not come");
        }

        Assert.Equal(5, Restorations(all));
        foreach (var server in all)
            Assert.Equal(Right, await AnswersAsync(server.Http));
        await using var fourth = await StartAnotherAsync();
        Assert.Equal(5, (await fourth.Http.AdminAsync(HttpMethod.Get, "/admin/tenants?after=b")).Json.GetProperty("tenants").GetArrayLength());
    }

    [Theory]
    [InlineData("changes")]
    [InlineData("texts")]
    public async Task Losing_the_trail_or_the_texts_loses_nothing_that_decides(string key)
    {
        await StartAsync();
        await using var second = await StartAnotherAsync();
        await Redis.CommandAsync("DEL", $"weir:{{~live}}:{key}");
        Assert.Equal(200, (await Http.PutTenantAsync("globex", """{"plan":"wide"}""")).Status);
        await Until.TrueAsync(async () => (await second.Http.AdminAsync(HttpMethod.Get, "/admin/tenants/globex")).Text("plan") == "wide", () => "it has not come");
        await using var third = await StartAnotherAsync();
        foreach (var http in new[] { Http, second.Http, third.Http })
            Assert.Equal(Right, await AnswersAsync(http));
        Assert.Equal(0, Restorations(_server.Server, second, third));
    }

    [Theory]
    [InlineData("x", "y")]
    [InlineData("tenant/globex", "no version")]
    [InlineData("noslash", "7 text")]
    [InlineData("/empty", "7 text")]
    [InlineData("block/acme", "7 text")]
    public async Task What_somebody_else_has_written_there_is_left_out_with_a_line_in_the_log_and_stops_nobody(string field, string value)
    {
        await StartAsync();
        await Redis.CommandAsync("HSET", State, field, value);
        await Redis.CommandAsync("PUBLISH", "weir:{~live}:changed", "0");
        await using var started = await StartAnotherAsync();
        Assert.Equal(1, started.Log.Count("is left out"));
        Assert.Equal(200, (await started.Http.PutTenantAsync("initech", """{"plan":"wide"}""")).Status);
        await Until.TrueAsync(async () => (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/initech")).Text("plan") == "wide", () => "it has not come");
        foreach (var http in new[] { Http, started.Http })
            Assert.Equal(Right, await AnswersAsync(http));
    }

    [Theory]
    [InlineData("version", "x")]
    [InlineData("version", "1e300")]
    [InlineData("version", "-1")]
    [InlineData("count", "")]
    [InlineData("count", "0x10")]
    public async Task A_state_whose_numbers_cannot_be_read_is_restored(string field, string value)
    {
        await StartAsync();
        await Redis.CommandAsync("HSET", State, field, value);
        await Until.TrueAsync(async () => await Redis.CommandAsync("HGET", State, field) != value, () => "it is not restored");
        await using var started = await StartAnotherAsync();
        Assert.Equal(Right, await AnswersAsync(started.Http));
    }

    [Theory]
    [InlineData("changes", "LPUSH", "no JSON")]
    [InlineData("changes", "LPUSH", "{}")]
    [InlineData("changes", "LPUSH", """{"v":"1","n":"x"}""")]
    public async Task A_trail_with_something_else_in_it_is_read_without_that(string key, string command, string value)
    {
        await StartAsync();
        await Redis.CommandAsync(command, $"weir:{{~live}}:{key}", value);
        Assert.Equal(200, (await Http.PutTenantAsync("globex", """{"plan":"wide"}""")).Status);
        Assert.Equal("globex", (await Http.AdminAsync(HttpMethod.Get, "/admin/audit?limit=1")).Json.GetProperty("changes")[0].GetProperty("id").GetString());
        await using var second = await StartAnotherAsync();
        Assert.Equal(Right, await AnswersAsync(second.Http));
    }

    [Fact]
    public async Task A_part_that_nobody_knows_any_more_is_told_of_and_the_rest_holds()
    {
        await StartAsync();
        await _server.Server.DisposeAsync();
        await Redis.CommandAsync("HDEL", State, "policies/");
        await using var started = await StartAnotherAsync();
        Assert.Equal(1, started.Log.Count("no instance has restored it"));
        Assert.Equal((200, 401), ((await started.Http.TakeWithAsync(_secret, Fresh.Key())).Status, (await started.Http.TakeWithAsync(_revoked, Fresh.Key())).Status));
        Assert.Equal(429, (await started.Http.TakeWithAsync(_secret, "bad", "acme")).Status);
        Assert.Equal(200, (await started.Http.PutPoliciesAsync(LivePolicyTests.Document)).Status);
        Assert.Equal(Right, await AnswersAsync(started.Http));
    }

    [Fact]
    public async Task What_Redis_evicts_when_its_memory_is_full_comes_back()
    {
        await StartAsync();
        await Redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "allkeys-random");
        await Redis.CommandAsync("CONFIG", "SET", "maxmemory", "8mb");
        for (int i = 0; Restorations(_server.Server) == 0; i++)
        {
            Assert.True(i < 400, "it was never evicted");
            await Redis.CommandAsync("EVAL", "for i = 1, 200 do redis.call('SET', 'fill:' .. ARGV[1] .. ':' .. i, string.rep('x', 1000)) end", "0", $"{i}");
            if (await Redis.CommandAsync("EXISTS", State) == "0")
                await UntilRestoredAsync(_server.Server);
        }

        await using var started = await StartAnotherAsync();
        foreach (var http in new[] { Http, started.Http })
            Assert.Equal(Right, await AnswersAsync(http));
    }
}
