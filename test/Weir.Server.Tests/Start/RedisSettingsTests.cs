using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

public sealed class RedisSettingsTests
{
    [Fact]
    public async Task Keys_begin_with_the_prefix_and_live_in_the_database_that_are_set()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        await using var server = await RunningServer.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:Prefix=mine", "Weir:Redis:Database=3"]);
        await redis.CommandAsync("FLUSHALL");

        Assert.Equal("redis", (await server.Http.TakeAsync("k", 10)).Text("source"));

        // A heartbeat may have written its key too.
        string[] keys = (await KeysAsync(redis, database: "3")).Split('\n');
        Assert.Contains("mine:{default}:per-key:k", keys);
        Assert.All(keys, key => Assert.StartsWith("mine:", key, StringComparison.Ordinal));
        Assert.Equal("", await KeysAsync(redis, database: "0"));
    }

    [Fact]
    public async Task Endpoints_may_be_written_as_a_list()
    {
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync($"Weir:Redis:Endpoints:0={redis.Endpoint}", "Weir:Redis:DeadlineMs=800");

        Assert.Equal("redis", (await server.Http.TakeAsync("k")).Text("source"));
    }

    [Fact]
    public async Task The_user_of_the_documentation_is_refused_nothing()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        await redis.CommandAsync(LeastUser.Command);
        await using var server = await RunningServer.StartAsync(
            [.. ServerOnRedis.Settings(redis.Endpoint), $"Weir:Redis:User={LeastUser.Name}", $"Weir:Redis:Password={LeastUser.Password}", AdminCalls.Setting]);

        Assert.Contains("\"source\":\"redis\"", (await server.Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/v1/take", """{"key":"k"}""")).Body, StringComparison.Ordinal);
        Assert.Equal(200, (int)(await server.Http.AdminAsync(HttpMethod.Put, "/admin/tenants/acme", """{"plan":"pro"}""")).Status);
        Assert.Equal("", await LeastUser.RefusedByAsync(redis));
    }

    [Fact]
    public async Task L6_A_right_that_a_user_lacks_is_logged_in_one_line()
    {
        await using var redis = await TestRedis.StartProcessAsync();
        await redis.CommandAsync(LeastUser.Command);
        await redis.CommandAsync("ACL", "SETUSER", LeastUser.Name, "-evalsha", "-eval");
        await using var server = await RunningServer.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), $"Weir:Redis:User={LeastUser.Name}", $"Weir:Redis:Password={LeastUser.Password}"]);

        Assert.Equal("memory", (await server.Http.TakeAsync("k")).Text("source"));

        Assert.Equal(1, server.Log.Count("Redis does not answer (refusing: NOPERM"));
    }

    [Fact]
    public async Task Redis_is_reached_by_TLS_with_an_authority_and_a_certificate_of_ones_own()
    {
        using var tls = new TestCertificates();
        await using var redis = await TestRedis.StartTlsAsync(tls);
        await using var server = await RunningServer.StartAsync(
            [
                .. ServerOnRedis.Settings(redis.Endpoint),
                "Weir:Redis:Ssl=true",
                $"Weir:Redis:CaFile={tls.AuthorityFile}",
                $"Weir:Redis:CertificateFile={tls.ClientFile}",
                $"Weir:Redis:KeyFile={tls.ClientKeyFile}",
            ]);

        Assert.Equal("redis", (await server.Http.TakeAsync("k")).Text("source"));
    }

    [Fact]
    public async Task L6_A_certificate_that_nobody_named_has_signed_is_logged_in_one_line()
    {
        using var tls = new TestCertificates();
        await using var redis = await TestRedis.StartTlsAsync(tls, "--tls-auth-clients", "no");
        await using var server = await RunningServer.StartAsync([.. ServerOnRedis.Settings(redis.Endpoint), "Weir:Redis:Ssl=true"]);

        Assert.Equal("memory", (await server.Http.TakeAsync("k")).Text("source"));

        Assert.Equal(1, server.Log.Count("Redis does not answer (unreachable: TLS: The remote certificate is invalid"));
    }

    [Fact]
    public async Task Sentinels_are_endpoints_with_the_name_of_what_they_watch_over()
    {
        await using var trio = await SentinelTrio.StartAsync();
        await using var server = await RunningServer.StartAsync(ServerOnRedis.Settings(trio.Endpoints));

        Assert.Equal("redis", (await server.Http.TakeAsync("k")).Text("source"));
        Assert.NotEqual("0", await trio.First.CommandAsync("DBSIZE"));
    }

    /// <summary>The keys of a database, one a line. A connection has its database to itself, so a script looks.</summary>
    private static Task<string> KeysAsync(RedisServer redis, string database) =>
        redis.CommandAsync("EVAL", "redis.call('SELECT', ARGV[1]) return redis.call('KEYS', '*')", "0", database);
}
