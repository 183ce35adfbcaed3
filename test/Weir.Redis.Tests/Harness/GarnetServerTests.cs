using StackExchange.Redis;
using Weir.Testing;

namespace Weir.Redis.Tests.Harness;

/// <summary>What the stand-in can do, and where it differs from Redis: our script has to live with both.</summary>
public sealed class GarnetServerTests : IAsyncLifetime
{
    private GarnetServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await GarnetServer.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_client_connects_and_evaluates()
    {
        await using var client = await ConnectionMultiplexer.ConnectAsync(_server.Endpoint);

        var answer = await client.GetDatabase().ScriptEvaluateAsync("return ARGV[1]", values: ["x"]);

        Assert.Equal("x", (string?)answer);
    }

    [Fact]
    public async Task A_script_reads_the_clock_and_the_keys()
    {
        Assert.Matches("^[0-9]+ [0-9]+$", await EvaluateAsync("local now = redis.call('TIME') return now[1] .. ' ' .. now[2]"));
        Assert.Equal("5", await EvaluateAsync("redis.call('SET', KEYS[1], '5', 'PX', '60000') return redis.call('GET', KEYS[1])"));
        Assert.Equal("1", await EvaluateAsync("redis.call('HSET', KEYS[1] .. 'h', 'a', '1') return redis.call('HGET', KEYS[1] .. 'h', 'a')"));
        Assert.Equal("5\n", await EvaluateAsync("return redis.call('MGET', KEYS[1], 'missing')"));
    }

    [Fact]
    public async Task A_missing_key_is_false_in_a_script() =>
        Assert.Equal("true", await EvaluateAsync("return tostring(redis.call('GET', KEYS[1]) == false)"));

    [Fact]
    public async Task Scripts_pack_numbers()
    {
        Assert.Equal("8 9 25", await EvaluateAsync(
            "local a, b, next = struct.unpack('<ddd', struct.pack('<ddd', 8, 9, 10)) return string.format('%d %d ', a, b) .. 25"));
        Assert.Equal("2", await EvaluateAsync("return cmsgpack.unpack(cmsgpack.pack({1, 2}))[2]"));
    }

    [Fact]
    public async Task Scripts_format_integers_beyond_what_tostring_shows() =>
        Assert.Equal("9007199254740991 7", await EvaluateAsync("return string.format('%.0f %d', 9007199254740991, 7)"));

    [Fact]
    public async Task A_loaded_script_runs_by_its_digest()
    {
        var digest = await _server.CommandAsync("SCRIPT", "LOAD", "return ARGV[1]");
        Assert.Equal("x", await _server.CommandAsync("EVALSHA", digest, "0", "x"));

        var error = await Assert.ThrowsAsync<RedisErrorException>(() => _server.CommandAsync("EVALSHA", new string('0', 40), "0"));
        Assert.StartsWith("NOSCRIPT", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Its_Lua_is_5_4_so_a_float_is_not_written_like_an_integer()
    {
        Assert.Equal("3.0", await EvaluateAsync("return tostring(6 / 2)"));

        // Redis, whose Lua has only floats, would write 100 here.
        await Assert.ThrowsAsync<RedisErrorException>(() => EvaluateAsync("return redis.call('SET', KEYS[1], '1', 'PX', 200 / 2)"));
        Assert.Equal("OK", await EvaluateAsync("return redis.call('SET', KEYS[1], '1', 'PX', string.format('%.0f', 200 / 2))"));
    }

    [Fact]
    public async Task It_knows_no_script_flags() =>
        await Assert.ThrowsAsync<RedisErrorException>(() => EvaluateAsync("#!lua flags=allow-oom\nreturn 1"));

    [Fact]
    public void The_options_it_starts_with_are_those_that_the_page_on_Redis_names() =>
        Assert.Contains($"`{string.Join(' ', GarnetServer.Options)}`", Repository.Read("docs/redis.md"), StringComparison.Ordinal);

    private Task<string> EvaluateAsync(string script) => _server.CommandAsync("EVAL", script, "1", "key");
}
