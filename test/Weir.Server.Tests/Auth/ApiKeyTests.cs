using System.Text.Json;
using Microsoft.Extensions.Logging;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Auth;

/// <summary>Keys that are created, listed and revoked while requests come, the same in memory and on Redis.</summary>
public abstract class ApiKeyTests : IAsyncLifetime
{
    private protected RunningServer Server { get; private set; } = null!;

    private protected HttpCalls Http => Server.Http;

    private protected abstract Task<RunningServer> StartAsync();

    /// <summary>Everything that is kept of live data, as it lies there.</summary>
    private protected abstract Task<string> ReadKeptAsync();

    public async ValueTask InitializeAsync() => Server = await StartAsync();

    public abstract ValueTask DisposeAsync();

    [Fact]
    public async Task A_key_is_created_with_a_secret_that_is_shown_once_and_opens_what_it_is_for()
    {
        var created = await Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/keys", """{"name":"ci","scope":"take","tenant":"acme","until":"2199-01-01T00:00:00Z"}""");
        Assert.Equal((201, "no-store"), (created.Status, created.Header("Cache-Control")));
        Assert.Equal(["id", "key", "name", "scope", "tenant", "until"], created.Json.EnumerateObject().Select(field => field.Name));
        Assert.Matches("^weir_[0-9a-f]{64}$", created.Text("key"));
        var taken = await Http.TakeWithAsync(created.Text("key"), Fresh.Key());
        Assert.Equal((200, "acme"), (taken.Status, taken.Text("tenant")));
        var listed = Assert.Single(await ListAsync());
        Assert.Equal(["id", "name", "scope", "tenant", "until", "expired", "created", "from"], listed.EnumerateObject().Select(field => field.Name));
        Assert.Equal(
            (created.Text("id"), "ci", "take", "acme", false, "live"),
            (listed.GetProperty("id").GetString(), listed.GetProperty("name").GetString(), listed.GetProperty("scope").GetString(), listed.GetProperty("tenant").GetString(), listed.GetProperty("expired").GetBoolean(), listed.GetProperty("from").GetString()));
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_and_is_gone()
    {
        var (id, secret) = await Http.CreateKeyAsync();
        var (_, other) = await Http.CreateKeyAsync();
        Assert.Equal(200, (await Http.TakeWithAsync(secret, Fresh.Key())).Status);
        Assert.Equal(204, (await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}")).Status);
        (await Http.TakeWithAsync(secret, Fresh.Key())).AssertProblem(401);
        Assert.Equal(200, (await Http.TakeWithAsync(other, Fresh.Key())).Status);
        Assert.DoesNotContain(await ListAsync(), key => key.GetProperty("id").GetString() == id);
        (await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}")).AssertProblem(404);
        (await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, "/admin/keys/k_never")).AssertProblem(404);
    }

    [Fact]
    public async Task A_key_opens_until_its_time()
    {
        string until = DateTimeOffset.UtcNow.AddMilliseconds(700).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
        var (_, secret) = await Http.CreateKeyAsync($"\"scope\":\"take\",\"until\":\"{until}\"");
        await Until.TrueAsync(async () => (await Http.TakeWithAsync(secret, Fresh.Key())).Status == 401, () => "it opens on");
        Assert.True(Assert.Single(await ListAsync()).GetProperty("expired").GetBoolean());
    }

    [Fact]
    public async Task What_a_key_does_is_remembered_under_its_name()
    {
        var (named, secret) = await Http.CreateKeyAsync("\"scope\":\"admin\",\"name\":\"deploy\"");
        var (nameless, other) = await Http.CreateKeyAsync("\"scope\":\"admin\"", secret);
        await Http.CallAsync(other, HttpMethod.Put, "/admin/tenants/acme", """{"plan":"pro"}""");
        await Http.CallAsync(other, HttpMethod.Post, "/admin/block", """{"key":"k","reason":"r"}""");
        await Http.CallAsync(secret, HttpMethod.Delete, $"/admin/keys/{nameless}");
        var changes = (await Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/admin/audit")).Json.GetProperty("changes").EnumerateArray();
        Assert.Equal(
            [$"key {nameless} deploy ({named}) True", $"block default/k {nameless} False", $"tenant acme {nameless} False", $"key {nameless} deploy ({named}) False", $"key {named} admin False"],
            changes.Select(change => $"{change.GetProperty("kind").GetString()} {change.GetProperty("id").GetString()} {change.GetProperty("who").GetString()} {change.GetProperty("deleted").GetBoolean()}"));
    }

    [Fact]
    public async Task No_rollback_brings_a_revoked_key_back_or_takes_one_away()
    {
        var (id, secret) = await Http.CreateKeyAsync();
        await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}");
        var (_, standing) = await Http.CreateKeyAsync();
        var changes = (await Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/admin/audit")).Json.GetProperty("changes").EnumerateArray().ToList();
        Assert.Equal(3, changes.Count);
        foreach (long version in changes.Select(change => change.GetProperty("version").GetInt64()))
        {
            var answer = await Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/policies:rollback", $$"""{"version":{{version}}}""");
            answer.AssertProblem(400);
            Assert.Equal("version", answer.Text("field"));
            Assert.Contains("keys do not go back", answer.Text("detail"), StringComparison.Ordinal);
        }

        Assert.Equal((401, 200), ((await Http.TakeWithAsync(secret, Fresh.Key())).Status, (await Http.TakeWithAsync(standing, Fresh.Key())).Status));
    }

    [Theory]
    [InlineData("""{}""", "scope")]
    [InlineData("""{"scope":"root"}""", "scope")]
    [InlineData("""{"scope":"admin","tenant":"acme"}""", "tenant")]
    [InlineData("""{"scope":"take","tenant":"a b"}""", "tenant")]
    [InlineData("""{"scope":"take","tenant":""}""", "tenant")]
    [InlineData("""{"scope":"take","tenant":null}""", "tenant")]
    [InlineData("""{"scope":"take","name":"a b"}""", "name")]
    [InlineData("""{"scope":"take","until":"2020-01-01T00:00:00Z"}""", "until")]
    [InlineData("""{"scope":"take","tenants":"acme"}""", "tenants")]
    public async Task A_bad_key_is_told_what_is_wrong_and_is_not_created(string body, string field)
    {
        var answer = await Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/keys", body);
        answer.AssertProblem(400);
        Assert.Equal(field, answer.Text("field"));
        Assert.Empty(await ListAsync());
    }

    [Fact]
    public async Task Keys_are_listed_by_pages()
    {
        var ids = new List<string>();
        for (int i = 0; i < 3; i++)
            ids.Add((await Http.CreateKeyAsync()).Id);
        ids.Sort(StringComparer.Ordinal);
        var page = await Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/admin/keys?limit=2");
        Assert.Equal(ids[1], page.Text("next"));
        var last = await Http.CallAsync(AdminCalls.Key, HttpMethod.Get, $"/admin/keys?limit=2&after={ids[1]}");
        Assert.Equal(ids[2], last.Json.GetProperty("keys")[0].GetProperty("id").GetString());
        Assert.False(last.Json.TryGetProperty("next", out _));
        (await Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/admin/keys?limit=0")).AssertProblem(400);
    }

    [Fact]
    public async Task No_secret_and_no_hash_is_in_any_answer_or_log_and_no_secret_where_keys_are_kept()
    {
        var (id, secret) = await Http.CreateKeyAsync("\"scope\":\"admin\",\"name\":\"deploy\"");
        string hash = Convert.ToHexStringLower(KeySecret.HashOf(secret)), wrong = KeySecret.New();
        var said = new List<string>();
        foreach (string path in new[] { "/admin/keys", "/admin/audit", "/admin/policies", "/admin/tenants", "/admin/block", "/admin/explain?key=k", "/metrics", "/readyz", "/openapi/v1.json" })
            said.Add((await Http.CallAsync(secret, HttpMethod.Get, path)).Body);
        said.Add((await Http.CallAsync(secret, HttpMethod.Post, "/admin/keys", "{")).Body);
        said.Add((await Http.TakeWithAsync(wrong, "k")).Body);
        said.Add((await Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/policies:rollback", """{"version":1}""")).Body);
        string kept = await ReadKeptAsync();
        Assert.Contains(hash, kept, StringComparison.Ordinal);
        said.Add((await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}")).Body);
        said.AddRange(Server.Log.AtLeast(LogLevel.Trace));
        Assert.NotEmpty(Server.Log.AtLeast(LogLevel.Information));
        Assert.All(said, text =>
        {
            foreach (string hidden in new[] { secret, secret[5..], hash, wrong, AdminCalls.Key })
                Assert.DoesNotContain(hidden, text, StringComparison.OrdinalIgnoreCase);
        });
        foreach (string hidden in new[] { secret, secret[5..], AdminCalls.Key })
            Assert.DoesNotContain(hidden, kept, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task L10_keys_that_come_and_go_leave_nothing_behind_for_ever()
    {
        var (_, stays) = await Http.CreateKeyAsync();
        var (gone, revoked) = await Http.CreateKeyAsync();
        await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{gone}");
        string text = SomeKey.Of("s").ToJson();
        long version = 3;
        var known = await Server.Live.VersionAsync();
        for (int i = 0; i < LiveBounds.MaxChanges; i++)
        {
            await Server.Live.PutAsync(LiveKind.Key, $"k_{i}", text, known);
            version = (await Server.Live.PutAsync(LiveKind.Key, $"k_{i}", null, known)).Version;
        }

        var all = (await Server.Live.ReadAsync(LiveVersion.Unknown))!;
        Assert.True(all.Version.Number == version && all.IsWhole);
        Assert.NotNull(Assert.Single(all.Entries).Value);
        await Until.TrueAsync(async () => (await ListAsync()).Count == 1, () => "it has not come");
        Assert.Equal((200, 401), ((await Http.TakeWithAsync(stays, Fresh.Key())).Status, (await Http.TakeWithAsync(revoked, Fresh.Key())).Status));
    }

    private protected async Task<List<JsonElement>> ListAsync() =>
        [.. (await Http.CallAsync(AdminCalls.Key, HttpMethod.Get, "/admin/keys")).Json.GetProperty("keys").EnumerateArray()];
}

public sealed class ApiKeysInMemory : ApiKeyTests
{
    private readonly PolicyFile _policies = new();

    private string LivePath => Path.Combine(Path.GetDirectoryName(_policies.Path)!, "live.json");

    private protected override Task<RunningServer> StartAsync() => RunningServer.StartAsync([_policies.Setting, $"Weir:Live:Path={LivePath}", .. KeyCalls.Closed]);

    private protected override Task<string> ReadKeptAsync() => File.ReadAllTextAsync(LivePath);

    public override async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _policies.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task Keys_are_as_they_were_after_a_restart()
    {
        var (_, secret) = await Http.CreateKeyAsync();
        var (id, revoked) = await Http.CreateKeyAsync();
        await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}");
        await Server.DisposeAsync();
        await InitializeAsync();
        Assert.Equal((200, 401), ((await Http.TakeWithAsync(secret, "k")).Status, (await Http.TakeWithAsync(revoked, "k")).Status));
    }

    [Fact]
    public async Task L10_there_is_a_largest_number_of_keys_and_room_again_when_one_is_revoked()
    {
        await StartAgainWithAsync(ApiKey.MaxKeys - 1);
        var (last, _) = await Http.CreateKeyAsync();
        var refused = await Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/keys", """{"scope":"take"}""");
        refused.AssertProblem(400);
        Assert.Contains("there are 10000 keys already", refused.Text("detail"), StringComparison.Ordinal);
        Assert.Equal(200, (await Http.TakeWithAsync("secret 9998", "k")).Status);
        await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{last}");
        await Http.CreateKeyAsync();
    }

    [Fact]
    public async Task L10_creators_at_the_same_time_do_not_get_past_the_largest_number()
    {
        await StartAgainWithAsync(ApiKey.MaxKeys - 2);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/keys", """{"scope":"take"}""")));
        Assert.Equal(2, answers.Count(answer => answer.Status == 201));
    }

    /// <summary>Starts with so many keys, <c>secret 0</c> and so on.</summary>
    private async Task StartAgainWithAsync(int count)
    {
        await Server.DisposeAsync();
        File.Delete(LivePath);
        var keys = Enumerable.Range(0, count).Select(i => SomeKey.Entry(SomeKey.Of($"secret {i}", $"k_{i:d5}"), 1));
        LiveLog.Create(LivePath, new LiveSnapshot(1, [.. keys], [], [])).Dispose();
        await InitializeAsync();
    }
}

public sealed class ApiKeysOnRedis : ApiKeyTests
{
    private ServerOnRedis? _server;

    private protected override async Task<RunningServer> StartAsync() => (_server = await ServerOnRedis.StartAsync(KeyCalls.Closed)).Server;

    private protected override async Task<string> ReadKeptAsync()
    {
        var kept = new List<string>();
        foreach (string key in (await _server!.Redis.CommandAsync("KEYS", "*")).Split('\n'))
        {
            string type = await _server.Redis.CommandAsync("TYPE", key);
            kept.Add(await _server.Redis.CommandAsync(type switch
            {
                "hash" => ["HGETALL", key],
                "list" => ["LRANGE", key, "0", "-1"],
                "zset" => ["ZRANGE", key, "0", "-1"],
                _ => ["GET", key],
            }));
        }

        return string.Join('\n', kept);
    }

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_key_is_known_and_revoked_at_every_instance_within_a_second()
    {
        await using var second = await _server!.StartAnotherAsync(KeyCalls.Closed);
        await using var third = await _server.StartAnotherAsync(KeyCalls.Closed);
        var (id, secret) = await Http.CreateKeyAsync();
        foreach (var http in new[] { Http, second.Http, third.Http })
            await Until.TrueAsync(async () => (await http.TakeWithAsync(secret, Fresh.Key())).Status == 200, () => "the key has not come");
        Assert.Equal(204, (await second.Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}")).Status);
        Assert.Equal(401, (await second.Http.TakeWithAsync(secret, Fresh.Key())).Status);
        foreach (var http in new[] { Http, third.Http })
            await Until.TrueAsync(async () => (await http.TakeWithAsync(secret, Fresh.Key())).Status == 401, () => "the key is not revoked");
    }

    [Fact]
    public async Task A_Redis_that_comes_back_empty_neither_forgets_a_key_nor_brings_a_revoked_one_back()
    {
        var (id, revoked) = await Http.CreateKeyAsync();
        var (_, secret) = await Http.CreateKeyAsync();
        await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}");
        await _server!.Redis.RestartAsync();
        await _server.UntilRedisDecidesAsync(secret);
        await Until.TrueAsync(async () => (await Http.CallAsync(AdminCalls.Key, HttpMethod.Put, "/admin/tenants/acme", "{}")).Status == 200, () => "changes are not taken");
        await using var fresh = await _server.StartAnotherAsync(KeyCalls.Closed);
        foreach (var http in new[] { Http, fresh.Http })
            Assert.Equal((200, 401), ((await http.TakeWithAsync(secret, Fresh.Key())).Status, (await http.TakeWithAsync(revoked, Fresh.Key())).Status));
    }

    [Fact]
    public async Task L6_in_an_outage_known_keys_open_and_an_instance_that_starts_then_calls_no_key_wrong()
    {
        var (id, secret) = await Http.CreateKeyAsync();
        _server!.Redis.Kill();
        Assert.Equal(200, (await Http.TakeWithAsync(secret, Fresh.Key())).Status);
        (await Http.CallAsync(AdminCalls.Key, HttpMethod.Delete, $"/admin/keys/{id}")).AssertProblem(503);
        (await Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/keys", """{"scope":"take"}""")).AssertProblem(503);
        await using var started = await _server.StartAnotherAsync(KeyCalls.Closed);
        var unknown = await started.Http.TakeWithAsync(secret, Fresh.Key());
        unknown.AssertProblem(503);
        Assert.Equal("1", unknown.Header("Retry-After"));
        (await started.Http.TakeWithAsync(null, Fresh.Key())).AssertProblem(401);
        Assert.Equal(200, (await started.Http.TakeWithAsync(AdminCalls.Key, Fresh.Key())).Status);
        await _server.Redis.RestartAsync();
        await Until.TrueAsync(async () => (await started.Http.TakeWithAsync(secret, Fresh.Key())).Status == 200, () => "the key does not open again");
    }
}
