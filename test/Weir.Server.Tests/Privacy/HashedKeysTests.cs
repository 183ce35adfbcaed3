using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Privacy;

/// <summary>With <c>Weir:Keys:Hash</c>, nobody reads in Redis or in a log who asked for what.</summary>
public sealed class HashedKeysTests : IAsyncLifetime
{
    private const string Person = "jane.doe@example.com";

    private static readonly string[] Settings = [AdminCalls.Setting, "Weir:Keys:Hash=true", "Weir:Keys:Secret=0123456789abcdef0123456789abcdef", "Weir:DecisionLog:Allowed=1", "Weir:DecisionLog:Denied=1", "Weir:DecisionLog:PerSecond=1000"];

    private const string Everything =
        """
        local all = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
          local kind = redis.call('TYPE', key).ok
          local held = kind == 'hash' and redis.call('HGETALL', key) or kind == 'list' and redis.call('LRANGE', key, 0, -1)
            or kind == 'zset' and redis.call('ZRANGE', key, 0, -1) or { redis.call('GET', key) }
          all[#all + 1] = key .. '\n' .. table.concat(held, '\n')
        end
        return table.concat(all, '\n')
        """;

    private ServerOnRedis _server = null!;

    public async ValueTask InitializeAsync() => _server = await ServerOnRedis.StartAsync(Settings);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task Neither_Redis_nor_the_log_names_a_key_or_an_attribute()
    {
        await _server.Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { k: { rate: 9/h }, e: { by: [email], rate: 9/h }, c: { concurrency: { limit: 9 } } } } }\n");
        string body = $$$"""{"key":"{{{Person}}}","cost":2,"attributes":{"email":"{{{Person}}}"}}""";
        Assert.Equal(200, (await _server.Http.PostOnceAsync("/v1/take", body, Person)).Status);
        Assert.Equal(201, (await _server.Http.PostOnceAsync("/v1/reservations", body, null)).Status);
        Assert.Equal(200, (await _server.Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"key":"{{Person}}","reason":"r"}""")).Status);
        Assert.Equal(429, (await _server.Http.TakeAsync(Person)).Status);

        string held = await _server.Redis.CommandAsync("EVAL", Everything, "0");

        Assert.Contains("weir:{default}:k:#", held, StringComparison.Ordinal);
        Assert.Contains("~memo", held, StringComparison.Ordinal);
        Assert.DoesNotContain("jane", held, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(0, _server.Server.Log.Count("jane"));
        Assert.True(_server.Server.Log.Count("#") >= 2, "the decision log has told of nothing");
        string top = (await _server.Http.AdminAsync(HttpMethod.Get, "/admin/top?tenant=default")).Body;
        Assert.Contains("#", top, StringComparison.Ordinal);
        Assert.DoesNotContain("jane", top, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_instance_of_the_same_secret_settles_knows_the_block_and_shares_the_buckets()
    {
        await using var other = await _server.StartAnotherAsync(Settings);
        string id = (await _server.Http.PostAsync("/v1/reservations", $$"""{"tenant":"slow","key":"{{Person}}","cost":6}""")).Text("id");
        Assert.Equal(200, (await other.Http.PostAsync($"/v1/reservations/{id}/commit", """{"cost":1}""")).Status);
        Assert.Equal(9, await other.Http.RemainingAsync(Person, "slow"));
        await _server.Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"tenant":"slow","key":"{{Person}}","reason":"r"}""");
        await Until.TrueAsync(async () => (await other.Http.TakeAsync(Person, 1, "slow")).Status == 429, () => "the block has not come");
        Assert.Equal("r", (await other.Http.AdminAsync(HttpMethod.Get, $"/admin/explain?tenant=slow&key={Person}")).Json.GetProperty("blocked").GetProperty("reason").GetString());
        Assert.Equal(200, (await other.Http.AdminAsync(HttpMethod.Delete, $"/admin/block?tenant=slow&key={Person}")).Status);
        Assert.Equal(200, (await other.Http.TakeAsync(Person, 1, "slow")).Status);
    }

    [Fact]
    public async Task A_key_is_blocked_and_let_go_by_the_hash_that_people_are_shown()
    {
        await _server.Http.TakeAsync(Person, 1, "slow");
        await Until.TrueAsync(async () => (await TopAsync()).Contains('#', StringComparison.Ordinal), () => "it was not counted");
        string hash = (await _server.Http.AdminAsync(HttpMethod.Get, "/admin/top?tenant=slow")).Json.GetProperty("allowed").GetProperty("entries")[0].GetProperty("key").GetString()!;
        Assert.Equal(200, (await _server.Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"tenant":"slow","key":"{{hash}}","reason":"r"}""")).Status);
        Assert.Equal(429, (await _server.Http.TakeAsync(Person, 1, "slow")).Status);
        Assert.Equal(200, (await _server.Http.AdminAsync(HttpMethod.Delete, $"/admin/block?tenant=slow&key={Uri.EscapeDataString(hash)}")).Status);
        Assert.Equal(200, (await _server.Http.TakeAsync(Person, 1, "slow")).Status);
        // One character less is a key like any other.
        await _server.Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"tenant":"slow","key":"{{hash[..^1]}}","reason":"r"}""");
        Assert.Equal(200, (await _server.Http.TakeAsync(Person, 1, "slow")).Status);
        Assert.Equal(429, (await _server.Http.TakeAsync(hash[..^1], 1, "slow")).Status);

        async Task<string> TopAsync() => (await _server.Http.AdminAsync(HttpMethod.Get, "/admin/top?tenant=slow")).Body;
    }

    [Fact]
    public async Task With_another_secret_every_bucket_is_new_and_no_reservation_is_known()
    {
        await using var other = await _server.StartAnotherAsync(AdminCalls.Setting, "Weir:Keys:Hash=true", "Weir:Keys:Secret=another-secret-of-many-characters");
        string id = (await _server.Http.PostAsync("/v1/reservations", $$"""{"tenant":"slow","key":"{{Person}}","cost":6}""")).Text("id");
        Assert.Equal(10, await other.Http.RemainingAsync(Person, "slow"));
        (await other.Http.PostAsync($"/v1/reservations/{id}/commit", """{"cost":1}""")).AssertProblem(404);
    }
}
