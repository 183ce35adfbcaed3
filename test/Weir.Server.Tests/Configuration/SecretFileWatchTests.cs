using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Configuration;

/// <summary>Secrets in files that change while the service runs.</summary>
public sealed class SecretFileWatchTests : IDisposable
{
    private const string First = "first-0123456789abcdef0123456789abcdef";
    private const string Second = "second-0123456789abcdef0123456789abcdef";
    private const string Third = "third-0123456789abcdef0123456789abcdef";

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly LogLines _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly string _admin;
    private readonly string _shop;
    private ApiKeys? _keys;
    private SecretFileWatch? _watch;

    public SecretFileWatchTests()
    {
        _loggers = LoggerFactory.Create(logging => logging.AddProvider(_log));
        _admin = _folder.Write("admin", First);
        _shop = _folder.Write("shop", Second);
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _loggers.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_new_secret_holds_and_the_old_one_opens_nothing()
    {
        Watch();
        _folder.Write("admin", Third + "\n");
        _watch!.Look();

        Assert.Equal((null, "admin"), (IdOf(First), IdOf(Third)));
        Assert.Equal("config:shop", IdOf(Second));
        Assert.Equal(["The secret in the file of Weir:Auth:AdminKeyFile has changed and holds now"],
            _log.AtLeast(LogLevel.Information));
    }

    [Fact]
    public void A_link_that_is_swapped_is_seen()
    {
        string link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, _admin);
        Watch(("Weir:Auth:AdminKeyFile", link));
        _folder.Write("next", Third);
        File.CreateSymbolicLink(link + ".new", Path.Combine(_folder.Path, "next"));
        File.Move(link + ".new", link, overwrite: true);
        _watch!.Look();

        Assert.Equal((null, "admin"), (IdOf(First), IdOf(Third)));
    }

    [Theory]
    [InlineData("short", "Weir:Auth:AdminKey: it is shorter than 16 characters")]
    [InlineData("                                ", "Weir:Auth:AdminKey: it has characters that a header cannot carry")]
    [InlineData("kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk", "Weir:Auth:AdminKey: it repeats very few characters")]
    [InlineData(Second, "0 has the secret of Weir:Auth:AdminKey")]
    [InlineData("", "the file is empty")]
    [InlineData(Third + "\n" + Third, "the file has more than one line")]
    public void A_content_that_does_not_fit_is_told_once_and_the_old_secret_stays(string text, string fault)
    {
        Watch();
        _folder.Write("admin", text);
        for (int i = 0; i < 5; i++)
            _watch!.Look();

        Assert.Equal("admin", IdOf(First));
        Assert.Equal("config:shop", IdOf(Second));
        string line = Assert.Single(_log.AtLeast(LogLevel.Information));
        Assert.StartsWith(
            "The file of Weir:Auth:AdminKeyFile has changed and is refused; the secret from before stays: ", line,
                StringComparison.Ordinal);
        Assert.Contains(fault, line, StringComparison.Ordinal);

        _folder.Write("admin", Third);
        _watch!.Look();
        Assert.Equal("admin", IdOf(Third));
    }

    [Fact]
    public void A_file_that_is_away_for_a_moment_is_no_fault_and_one_that_stays_away_is_told_once()
    {
        Watch();
        File.Delete(_admin);
        _watch!.Look();
        _folder.Write("admin", First);
        _watch.Look();
        Assert.Empty(_log.AtLeast(LogLevel.Information));

        File.Delete(_admin);
        for (int i = 0; i < 5; i++)
            _watch.Look();
        Assert.Equal("admin", IdOf(First));
        Assert.Contains("there is no such file", Assert.Single(_log.AtLeast(LogLevel.Information)),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Two_keys_may_change_places_at_once_or_one_after_the_other(bool atOnce)
    {
        Watch();
        _folder.Write("admin", Second);
        if (!atOnce)
            _watch!.Look();
        _folder.Write("shop", First);
        _watch!.Look();

        Assert.Equal(("config:shop", "admin"), (IdOf(First), IdOf(Second)));
    }

    [Fact]
    public void One_that_does_not_fit_holds_up_no_other()
    {
        Watch();
        _folder.Write("admin", "short");
        _folder.Write("shop", Third);
        _watch!.Look();

        Assert.Equal(("admin", "config:shop", null), (IdOf(First), IdOf(Third), IdOf(Second)));
    }

    [Fact]
    public void A_new_secret_of_hashes_is_refused_since_it_would_make_every_bucket_new()
    {
        string file = _folder.Write("hashes", First);
        var options = Watch(("Weir:Keys:SecretFile", file), ("Weir:Keys:Hash", "true"));
        _folder.Write("hashes", Third);
        _watch!.Look();

        Assert.Equal(First, options.Keys.Secret);
        Assert.Contains("start again to use it", Assert.Single(_log.AtLeast(LogLevel.Error)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_looks_once_a_second()
    {
        Watch();
        await _watch!.StartAsync(TestContext.Current.CancellationToken);
        _folder.Write("admin", Third);
        await Until.TrueAsync(
            () =>
            {
                // The watch begins in the background, perhaps after this second.
                _time.Advance(TimeSpan.FromSeconds(1));
                return IdOf(Third) == "admin";
            },
            () => "the new key does not hold");
        await _watch.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Over_HTTP_the_new_keys_hold_within_a_second_or_two()
    {
        await using var server = await RunningServer.StartAsync($"Weir:Auth:AdminKeyFile={_admin}",
            "Weir:Auth:Keys:0:Name=shop", $"Weir:Auth:Keys:0:KeyFile={_shop}", "Weir:Auth:Keys:0:Scope=take");
        Assert.Equal(200, (await server.Http.AdminAsync(HttpMethod.Get, "/admin/keys", key: First)).Status);
        _folder.Write("admin", Third);
        _folder.Write("shop", First);

        await Until.TrueAsync(() => server.Log.Count("has changed and holds now") == 2, () =>
            string.Join('\n', server.Log.AtLeast(LogLevel.Information)));
        Assert.Equal(200, (await server.Http.AdminAsync(HttpMethod.Get, "/admin/keys", key: Third)).Status);
        Assert.Equal(403, (await server.Http.AdminAsync(HttpMethod.Get, "/admin/keys", key: First)).Status);
        Assert.Equal(401, (await server.Http.TakeWithAsync(Second, "k")).Status);
        Assert.Equal(200, (await server.Http.TakeWithAsync(First, "k")).Status);
    }

    [Fact]
    public async Task A_new_password_of_Redis_is_used_by_the_next_connection()
    {
        await using var redis = await TestRedis.StartProcessAsync("--requirepass", First);
        string file = _folder.Write("redis", First + "\n");
        await using var server = await RunningServer.StartAsync(
            [.. ServerOnRedis.Settings(redis.Endpoint), $"Weir:Redis:PasswordFile={file}"]);
        Assert.Equal("redis", (await server.Http.TakeAsync("k")).Text("source"));

        _folder.Write("redis", Second + "\n");
        await Until.TrueAsync(() => server.Log.Count(
            "The secret in the file of Weir:Redis:PasswordFile has changed") == 1, () =>
                "the new password was not seen");
        await redis.CommandAsync("CONFIG", "SET", "requirepass", Second);
        Assert.Equal("redis", (await server.Http.TakeAsync(Fresh.Key())).Text("source"));
        await RespCommand.SendAsync(redis.Port, Second, null, ["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);

        string last = "";
        await Until.TrueAsync(async () =>
            (last = (await server.Http.TakeAsync(Fresh.Key())).Text("source")) == "redis", () => last);
        Assert.DoesNotContain("NOAUTH", string.Join('\n', server.Log.AtLeast(LogLevel.Information)),
            StringComparison.Ordinal);
    }

    private WeirOptions Watch(params (string Name, string? Value)[] settings)
    {
        (string Name, string? Value)[] usual =
            [("Weir:Auth:AdminKeyFile", _admin), ("Weir:Auth:Keys:0:Name", "shop"),
                ("Weir:Auth:Keys:0:KeyFile", _shop), ("Weir:Auth:Keys:0:Scope", "take")];
        var options = Read.Options([.. settings.Concat(usual).DistinctBy(setting => setting.Name)]);
        _keys = new ApiKeys(ConfiguredKeys.Of(options.Auth), _time);
        _watch = new SecretFileWatch(options, _keys, new Stores(options, _time), _time,
            _loggers.CreateLogger<SecretFileWatch>());
        return options;
    }

    private string? IdOf(string secret) => _keys!.Find($"Bearer {secret}")?.Id;
}
