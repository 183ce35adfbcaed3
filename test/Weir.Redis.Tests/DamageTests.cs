using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>What stands under a bucket's key and is no bucket: it is reported, left alone, and hurts no other.</summary>
public sealed class DamageTests : IAsyncLifetime
{
    private ITestRedis _server = null!;
    private RedisStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestRedis.StartAsync();
        _store = new RedisStore(new RedisOptions { Endpoints = _server.Endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        Assert.True(await _store.WaitUntilConnectedAsync(Until.Patience));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("0/0, 0, 1")]
    [InlineData("1/0, 0, 1")]
    [InlineData("-1/0, 0, 1")]
    [InlineData("-1, 0, 1")]
    [InlineData("0.5, 0, 1")]
    [InlineData("9007199254740992, 0, 1")]
    [InlineData("1e300, 0, 1")]
    [InlineData("1, 0/0, 1")]
    [InlineData("1, 1/0, 1")]
    [InlineData("1, -1, 1")]
    [InlineData("1, 1e300, 1")]
    [InlineData("1, 0, 0.5")]
    [InlineData("1, 0, -1")]
    [InlineData("1, 0, 0/0")]
    [InlineData("1, 0, 1/0")]
    public Task Numbers_that_no_bucket_can_hold_are_damage(string numbers) => AssertIsDamageAsync($"struct.pack('<dddf', {numbers}, 1)");

    [Theory]
    [InlineData("''")]
    [InlineData("'hello'")]
    [InlineData("string.rep('x', 27)")]
    [InlineData("string.rep('x', 29)")]
    [InlineData("string.rep(string.char(255), 28)")]
    public Task Bytes_that_are_no_bucket_are_damage(string value) => AssertIsDamageAsync(value);

    [Theory]
    [InlineData("9007199254740991, 0, 1")]
    [InlineData("9007199254740991, 9007199254740991, 1")]
    [InlineData("1, 0, 9007199254740991")]
    public async Task The_largest_numbers_that_a_bucket_can_hold_are_no_damage(string numbers)
    {
        await PutAsync("odd", $"struct.pack('<dddf', {numbers}, 1)");

        var answers = await TakeAllAsync("odd", "sound");

        Assert.All(answers, answer => Assert.Equal(StoreFault.None, answer.Fault));
    }

    [Theory]
    [InlineData("inf")]
    [InlineData("1e300")]
    [InlineData("9007199254740992")]
    [InlineData("99999999999999999.5")]
    public async Task Times_until_which_no_permit_can_be_held_are_damage(string until)
    {
        Assert.True(ConcurrencyQuota.TryCreate(4, TimeSpan.FromMinutes(1), out var quota, out string? error), error);
        var plan = new Plan("p", [new Limit("permits", [Limit.KeyDimension], quota)], OnOutage.Local);
        var permits = plan.Resolve(new RequestFacts("acme", "odd")) with { Holder = new PermitHolder(7) };
        await _store.TakeAsync(permits);
        string key = (await _server.CommandAsync("KEYS", "*")).Split('\n').Single();
        await _server.CommandAsync("ZADD", key, until, "someone");

        var first = _store.TakeAsync(Some.Request("first")).AsTask();
        var asked = new[] { Some.Request("before"), permits, Some.Request("after") }.Select(request => _store.TakeAsync(request).AsTask()).ToArray();
        await first;

        Assert.Equal([StoreFault.None, StoreFault.Damaged, StoreFault.None], (await Task.WhenAll(asked)).Select(answer => answer.Fault));
    }

    [Theory]
    [InlineData("'x'")]
    [InlineData("string.rep('x', 48)")]
    [InlineData("string.rep('x', 400)")]
    [InlineData("string.char(9) .. string.rep(string.char(0), 400)")]
    [InlineData("string.char(2) .. string.rep(string.char(0), 16) .. struct.pack('<dd', 0, -40) .. string.rep('x', 400)")]
    [InlineData("string.char(2) .. string.rep(string.char(0), 16) .. struct.pack('<dd', 0, 0/0) .. string.rep('x', 400)")]
    [InlineData("string.char(2) .. string.rep(string.char(0), 16) .. struct.pack('<dd', 0, 16) .. string.rep('x', 40)")]
    [InlineData("string.char(2) .. string.rep(string.char(0), 16) .. struct.pack('<dddd', 0, 1, 0, 0/0) .. string.rep('x', 40)")]
    public async Task What_is_no_idempotency_record_is_damage_and_hurts_no_other_decision_of_the_batch(string value)
    {
        var once = new BucketCommand(Some.Request("odd"), BucketOperation.Take) { RecordKey = new RecordKey(5, 0) };
        Assert.Equal(StoreFault.None, (await _store.AskAsync(once)).Fault);
        string key = (await _server.CommandAsync("KEYS", "*")).Split('\n').Single(name => name != KeyOf("odd"));
        await _server.CommandAsync("EVAL", $"return redis.call('SET', KEYS[1], {value})", "1", key);

        var first = _store.TakeAsync(Some.Request("first")).AsTask();
        var before = _store.TakeAsync(Some.Request("before")).AsTask();
        var odd = _store.AskAsync(once).AsTask();
        var after = _store.TakeAsync(Some.Request("after", cost: 3)).AsTask();
        await first;

        Assert.Equal((StoreFault.None, StoreFault.Damaged, StoreFault.None), ((await before).Fault, (await odd).Fault, (await after).Fault));
        Assert.Equal(7, Some.Quota.TokensLeft((await after).State, (await after).Time));
    }

    [Fact]
    public async Task A_reset_mends_what_is_damaged()
    {
        await PutAsync("odd", "'hello'");
        Assert.Equal(StoreFault.Damaged, (await _store.TakeAsync(Some.Request("odd"))).Fault);
        var reset = await _store.AskAsync(new BucketCommand(Some.Request("odd"), BucketOperation.Reset));
        Assert.Equal((StoreFault.None, 10), (reset.Fault, Some.Quota.TokensLeft(reset.State, reset.Time)));
        Assert.Equal(StoreFault.None, (await _store.TakeAsync(Some.Request("odd"))).Fault);
    }

    [Fact]
    public async Task L10_what_is_given_back_of_nothing_or_all_of_it_leaves_no_key_behind()
    {
        Assert.True(WindowQuota.TryCreate(10, WindowUnit.Year, "UTC", out var year, out _));
        var limits = new Plan("p", [Some.Limit, new Limit("year", [Limit.KeyDimension], year)], OnOutage.Local).Resolve(new RequestFacts("acme", "fresh", 3));
        var back = new BucketCommand(limits with { Facts = limits.Facts with { Cost = -3 } }, BucketOperation.Charge);
        await _store.AskAsync(back);
        Assert.Equal("0", await _server.CommandAsync("DBSIZE"));
        await _store.TakeAsync(limits);
        Assert.Equal("2", await _server.CommandAsync("DBSIZE"));
        await _store.AskAsync(back);
        Assert.Equal("0", await _server.CommandAsync("DBSIZE"));
    }

    private static string KeyOf(string key) => System.Text.Encoding.UTF8.GetString(new RedisKeyFormat("weir", null, new PartitionCount(1)).KeyOf(Some.Request(key).Facts, Some.Limit));

    private async Task AssertIsDamageAsync(string value)
    {
        await PutAsync("odd", value);
        string before = await _server.CommandAsync("GET", KeyOf("odd"));

        var answers = await TakeAllAsync("before", "odd", "after");

        Assert.Equal([StoreFault.None, StoreFault.Damaged, StoreFault.None], answers.Select(answer => answer.Fault));
        Assert.Equal(before, await _server.CommandAsync("GET", KeyOf("odd")));
    }

    private Task<string> PutAsync(string key, string value) => _server.CommandAsync("EVAL", $"return redis.call('SET', KEYS[1], {value})", "1", KeyOf(key));

    /// <summary>All of them while one is under way, and so in one call.</summary>
    private async Task<BucketResult[]> TakeAllAsync(params string[] keys)
    {
        var first = _store.TakeAsync(Some.Request("first")).AsTask();
        var asked = keys.Select(key => _store.TakeAsync(Some.Request(key)).AsTask()).ToArray();
        await first;
        return await Task.WhenAll(asked);
    }
}
