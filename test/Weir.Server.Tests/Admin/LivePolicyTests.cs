using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Admin;

/// <summary>Policies, tenants and blocks that are changed while requests come, the same in memory and on Redis.</summary>
public abstract class LivePolicyTests : IAsyncLifetime
{
    internal const string Document =
        """
        defaultPlan: slow
        plans:
          slow: { limits: { per-key: { by: [key], rate: 10/h, burst: 1x } } }
          wide: { limits: { per-key: { by: [key], rate: 20/h, burst: 1x }, tenant: { by: [], rate: 1000/h } } }
          windowed: { limits: { per-key: { by: [key], window: { limit: 8, every: year } } } }
        """;

    internal HttpCalls Http { get; private set; } = null!;

    internal abstract Task<HttpCalls> StartAsync();

    public async ValueTask InitializeAsync() => Http = await StartAsync();

    public abstract ValueTask DisposeAsync();

    private async Task<long> Left(string tenant) => await Http.RemainingAsync("k", tenant);

    [Fact]
    public async Task A_document_takes_the_place_of_the_files_and_goes_again()
    {
        var before = await Http.AdminAsync(HttpMethod.Get, "/admin/policies");
        Assert.Equal(("\"0\"", PolicyFile.Common), (before.Header("ETag"), before.Body));
        var put = await Http.PutPoliciesAsync(Document);
        Assert.Equal(200, put.Status);
        Assert.Equal(10, await Left("acme"));
        var now = await Http.AdminAsync(HttpMethod.Get, "/admin/policies");
        Assert.Equal((put.Header("ETag"), Document), (now.Header("ETag"), now.Body));
        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Delete, "/admin/policies")).Status);
        Assert.Equal(100, await Left("acme"));
    }

    [Fact]
    public async Task A_bad_document_changes_nothing_and_all_of_it_is_told()
    {
        await Http.PutPoliciesAsync(Document);
        foreach (var (method, path) in new[] { (HttpMethod.Put, "/admin/policies"), (HttpMethod.Post, "/admin/policies:validate") })
        {
            var answer = await Http.AdminAsync(method, path, "defaultPlan: gold\nplans:\n  free: { limits: { a: { rate: fast } } }\n", "application/yaml");
            answer.AssertProblem(400);
            Assert.Equal(
                "1 defaultPlan, 3 plans.free.limits.a.rate",
                string.Join(", ", answer.Json.GetProperty("errors").EnumerateArray().Select(error => $"{error.GetProperty("line").GetInt32()} {error.GetProperty("path").GetString()}")));
        }

        Assert.Equal(10, await Left("acme"));
        Assert.True((await Http.AdminAsync(HttpMethod.Post, "/admin/policies:validate", Document, "application/yaml")).Flag("valid"));
    }

    [Fact]
    public async Task Of_two_writers_who_read_the_same_version_one_wins()
    {
        string etag = (await Http.PutPoliciesAsync(Document)).Header("ETag")!;
        Assert.Equal(200, (await Http.PutPoliciesAsync(Document, etag)).Status);
        (await Http.PutPoliciesAsync(Document, etag)).AssertProblem(412);
        (await Http.PutPoliciesAsync(Document, "x")).AssertProblem(400);
    }

    [Fact]
    public async Task L12_spent_stays_spent_when_a_tenant_is_raised_cut_moved_and_let_go()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.TakeAsync("k", 4, "acme");
        Assert.Equal(6, await Left("acme"));
        foreach (var (text, left) in new[]
        {
            ("""{"plan":"wide"}""", 16L), ("""{"limits":{"per-key":{"rate":"5/h"}}}""", 1L), ("""{"limits":{"per-key":{"burst":30}}}""", 26L),
            ("""{"limits":{"per-key":{"rate":"3/h"}}}""", 0L), ("""{"limits":{"per-key":{"rate":"600/m","burst":10}}}""", -1L), ("""{"plan":"windowed"}""", -1L),
        })
        {
            Assert.Equal(200, (await Http.PutTenantAsync("acme", text)).Status);
            if (left >= 0)
                Assert.Equal(left, await Left("acme"));
        }

        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Delete, "/admin/tenants/acme")).Status);
        Assert.InRange(await Left("acme"), 6, 7);
    }

    [Fact]
    public async Task L12_spent_stays_spent_while_a_tenant_changes_plans_under_its_takers()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: low
            plans:
              low: { limits: { per-key: { rate: 1/h, burst: 300 } } }
              high: { limits: { per-key: { rate: 7/999h, burst: 900 } } }
              windowed: { limits: { per-key: { window: { limit: 600, every: year } } } }
            """);
        using var stopping = new CancellationTokenSource();
        var takers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            long admitted = 0;
            while (!stopping.IsCancellationRequested)
                admitted += (await Http.TakeAsync("k", 3, "acme")).Status == 200 ? 3 : 0;
            return admitted;
        })).ToArray();
        string[] names = ["high", "windowed", "low"];
        const int Changes = 9;
        for (int i = 0; i < Changes; i++)
            Assert.Equal(200, (await Http.PutTenantAsync("acme", $$"""{"plan":"{{names[i % 3]}}"}""")).Status);
        await stopping.CancelAsync();
        long spent = (await Task.WhenAll(takers)).Sum();
        Assert.InRange(spent, 3, 900);
        foreach (var (plan, capacity) in new[] { ("low", 300), ("windowed", 600), ("high", 900) })
        {
            await Http.PutTenantAsync("acme", $$"""{"plan":"{{plan}}"}""");
            long left = -1;
            // Tokens that were leased and not used are back in a moment. Of a part of a token that has come back nothing is left when the kind changes: rounded against the caller.
            await Until.TrueAsync(
                async () => (left = await Left("acme")) <= Math.Max(0, capacity - spent) && left >= Math.Max(0, capacity - spent - Changes),
                () => $"{left} left of {capacity}, {spent} spent",
                TimeSpan.FromSeconds(2));
        }
    }

    [Fact]
    public async Task A_tenant_with_a_mistake_changes_nothing()
    {
        await Http.PutPoliciesAsync(Document);
        var answer = await Http.PutTenantAsync("acme", """{"plan":"por","until":"tomorrow","limits":{"per-key":{"rate":"x"}}}""");
        answer.AssertProblem(400);
        Assert.Equal(3, answer.Json.GetProperty("errors").GetArrayLength());
        Assert.Equal(10, await Left("acme"));
        (await Http.PutTenantAsync("a%20b", "{}")).AssertProblem(400);
    }

    [Fact]
    public async Task A_document_without_a_live_tenants_plan_is_refused()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        var answer = await Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: {} }\n");
        answer.AssertProblem(400);
        Assert.Contains("there is no plan", answer.Body, StringComparison.Ordinal);
        Assert.Equal(20, await Left("acme"));
    }

    [Fact]
    public async Task A_boost_holds_until_its_time()
    {
        await Http.PutPoliciesAsync(Document);
        string until = DateTimeOffset.UtcNow.AddMilliseconds(1_500).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
        await Http.PutTenantAsync("acme", $$"""{"plan":"wide","until":"{{until}}"}""");
        Assert.Equal(20, await Left("acme"));
        await Until.TrueAsync(async () => await Left("acme") == 10, () => "the boost holds on", TimeSpan.FromSeconds(5));
        var over = await Http.PutTenantAsync("globex", """{"plan":"wide","until":"2020-01-01T00:00:00Z"}""");
        over.AssertProblem(400);
        Assert.Contains("is over already", over.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tenants_are_listed_by_pages()
    {
        await Http.PutPoliciesAsync(Document);
        foreach (string tenant in new[] { "b", "a", "c" })
            await Http.PutTenantAsync(tenant, """{"plan":"wide"}""");
        var page = await Http.AdminAsync(HttpMethod.Get, "/admin/tenants?limit=2");
        Assert.Equal(("b", 2), (page.Text("next"), page.Json.GetProperty("tenants").GetArrayLength()));
        var last = await Http.AdminAsync(HttpMethod.Get, "/admin/tenants?limit=2&after=b");
        Assert.Equal("c", last.Json.GetProperty("tenants")[0].GetProperty("tenant").GetString());
        var one = await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/a");
        Assert.Equal(("wide", "live"), (one.Text("plan"), one.Text("from")));
        Assert.Equal("default", (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/nobody")).Text("from"));
    }

    [Fact]
    public async Task Who_changed_what_is_remembered_and_can_be_undone()
    {
        long first = (await Http.PutPoliciesAsync(Document)).Number("version");
        long second = (await Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 7/h, burst: 1x } } } }\n")).Number("version");
        Assert.Equal(7, await Left("acme"));
        var rolled = await Http.AdminAsync(HttpMethod.Post, "/admin/policies:rollback", $$"""{"version":{{first}}}""");
        Assert.Equal(second + 1, rolled.Number("version"));
        Assert.Equal(10, await Left("acme"));
        var changes = (await Http.AdminAsync(HttpMethod.Get, "/admin/audit?limit=2")).Json.GetProperty("changes");
        Assert.Equal((second + 1, second, "policies", "admin"), (changes[0].GetProperty("version").GetInt64(), changes[0].GetProperty("before").GetInt64(), changes[0].GetProperty("kind").GetString(), changes[0].GetProperty("who").GetString()));
        (await Http.AdminAsync(HttpMethod.Post, "/admin/policies:rollback", """{"version":999}""")).AssertProblem(400);
    }

    [Fact]
    public async Task A_blocked_key_is_refused_with_the_reason_until_it_is_let_go()
    {
        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"tenant":"acme","key":"k","until":"2199-01-01T00:00:00Z","reason":"abuse"}""")).Status);
        var refused = await Http.TakeAsync("k", 1, "acme");
        refused.AssertProblem(429);
        Assert.Equal(("blocked", "abuse"), (refused.Text("outcome"), refused.Text("reason")));
        Assert.True(refused.Number("retryAfterMs") > 0);
        Assert.Equal(200, (await Http.TakeAsync("k", 1, "slow")).Status);
        Assert.Equal("abuse", (await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k")).Json.GetProperty("blocked").GetProperty("reason").GetString());
        Assert.Equal(1, (await Http.AdminAsync(HttpMethod.Get, "/admin/block")).Json.GetProperty("blocks").GetArrayLength());
        await Http.AdminAsync(HttpMethod.Delete, "/admin/block?tenant=acme&key=k");
        Assert.Equal(200, (await Http.TakeAsync("k", 1, "acme")).Status);
    }

    [Theory]
    [InlineData("""{"key":"k"}""", "reason")]
    [InlineData("""{"reason":"r"}""", "key")]
    [InlineData("""{"key":"k","reason":"r","until":"2020-01-01T00:00:00Z"}""", "until")]
    [InlineData("""{"key":"k","reason":"r","tenant":"a b"}""", "tenant")]
    public async Task A_bad_block_is_told_what_is_wrong(string body, string field)
    {
        var answer = await Http.AdminAsync(HttpMethod.Post, "/admin/block", body);
        answer.AssertProblem(400);
        Assert.Equal(field, answer.Text("field"));
    }

    [Fact]
    public async Task An_explanation_says_which_limits_apply_and_why_and_spends_nothing()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: a
            plans:
              a:
                limits:
                  per-key: { rate: 10/h, burst: 1x }
                  region: { by: [region], rate: 5/h }
                  search: { when: { route: "/search*" }, rate: 1/h }
                  all: { by: [], rate: 100/h, mode: shadow }
            """);
        await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"rate":"3/h"}}}""");
        for (int i = 0; i < 2; i++)
        {
            var said = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k&cost=2&attributes.route=/home");
            Assert.Equal(
                [
                    "per-key True: it has all that the limit is keyed by, and meets its conditions (live tenant acme)", "region False: the request has no region (plan a)",
                    "search False: its route is not like /search* (plan a)", "all True: it has all that the limit is keyed by, and meets its conditions (plan a)",
                ],
                said.Json.GetProperty("limits").EnumerateArray().Select(limit =>
                    $"{limit.GetProperty("name").GetString()} {limit.GetProperty("applies").GetBoolean()}: {limit.GetProperty("why").GetString()} ({limit.GetProperty("from").GetString()})"));
            Assert.Equal(("live", 1L), (said.Text("planFrom"), said.Json.GetProperty("decision").GetProperty("remaining").GetInt64()));
        }
    }

    [Fact]
    public async Task An_explanation_says_from_which_layer_each_value_comes()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: a
            plans: { a: { limits: { l: { by: [key], rate: 10/s, burst: 30, cost: 2, when: { route: "/s*" } }, w: { window: { limit: 5, every: day, zone: Europe/Berlin } } } } }
            tenants: { globex: { limits: { w: { window: { limit: 7 } } } } }
            """);
        await Http.PutTenantAsync("acme", """{"limits":{"l":{"rate":"20/s"},"own":{"concurrency":{"limit":3}}},"until":"2199-01-01T00:00:00Z"}""");
        await Http.PutTenantAsync("umbrella", """{"limits":{"l":{"mode":"shadow"}}}""");
        await Http.PutTenantAsync("both", """{"limits":{"l":{"rate":"20/s","cost":3}}}""");
        await Http.PutTenantAsync("both", """{"limits":{"l":{"rate":"10/s","burst":90}},"until":"2199-01-01T00:00:00Z"}""");

        Assert.Equal(
            "l.rate 20/1000ms: boost of tenant acme, l.burst 30: plan a, l.by [key]: plan a, l.when.route /s*: plan a, l.cost 2: plan a, l.mode enforce: plan a, l.lease on: plan a, "
            + "w.window.limit 5: plan a, w.window.every day: plan a, w.window.zone Europe/Berlin: plan a, w.by [key]: plan a, w.cost 1: plan a, w.mode enforce: plan a, w.lease on: plan a, "
            + "own.concurrency.limit 3: boost of tenant acme, own.concurrency.lease 60000ms: boost of tenant acme, own.by [key]: boost of tenant acme, own.cost 1: boost of tenant acme, own.mode enforce: boost of tenant acme, own.lease on: boost of tenant acme",
            await LayersAsync("acme"));
        Assert.Contains("w.window.limit 7: document tenant globex, w.window.every day: plan a", await LayersAsync("globex"), StringComparison.Ordinal);
        Assert.Contains("l.cost 2: plan a, l.mode shadow: live tenant umbrella", await LayersAsync("umbrella"), StringComparison.Ordinal);
        Assert.StartsWith(
            "l.rate 10/1000ms: boost of tenant both, l.burst 90: boost of tenant both, l.by [key]: plan a, l.when.route /s*: plan a, l.cost 3: live tenant both, ",
            await LayersAsync("both"),
            StringComparison.Ordinal);
    }

    private async Task<string> LayersAsync(string tenant) => string.Join(", ", (await Http.AdminAsync(HttpMethod.Get, $"/admin/explain?tenant={tenant}&key=k")).Json
        .GetProperty("limits").EnumerateArray().SelectMany(limit => limit.GetProperty("values").EnumerateArray().Select(value =>
            $"{limit.GetProperty("name").GetString()}.{value.GetProperty("name").GetString()} {value.GetProperty("value").GetString()}: {value.GetProperty("from").GetString()}")));

    [Fact]
    public async Task An_explanation_says_how_the_buckets_stand_also_behind_a_block_and_which_limits_a_tenant_has_not()
    {
        await Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { l: { rate: 10/h, burst: 1x }, r: { by: [region], rate: 5/h } } } }\n");
        await Http.PutTenantAsync("acme", """{"limits":{"r":{"unlimited":true}}}""");
        await Http.TakeAsync("k", 4, "acme");
        await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"tenant":"acme","key":"k","reason":"abuse"}""");
        var said = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k&cost=50&attributes=%7B%22region%22%3A%22eu%22%7D");
        var limits = said.Json.GetProperty("limits");
        Assert.Equal(("blocked", "this key is blocked: abuse"), (said.Text("outcome"), said.Text("detail")));
        Assert.Equal(6, limits[0].GetProperty("bucket").GetProperty("remaining").GetInt64());
        Assert.Equal(("r", false, "the live tenant acme has unlimited: true for it"), (limits[1].GetProperty("name").GetString(), limits[1].GetProperty("applies").GetBoolean(), limits[1].GetProperty("why").GetString()));
        await Http.AdminAsync(HttpMethod.Delete, "/admin/block?tenant=acme&key=k");
        said = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k&cost=50");
        Assert.Equal(("never-fits", true), (said.Text("outcome"), said.Text("detail").Contains("can never be allowed", StringComparison.Ordinal)));
        (await Http.AdminAsync(HttpMethod.Get, "/admin/explain?key=k&attributes=%7B%22region%22%3A1%7D")).AssertProblem(400);
    }

    [Fact]
    public async Task A_request_that_is_asked_again_is_answered_as_before_whatever_its_limits_are_now()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: one
            plans:
              one: { limits: { b: { rate: 10/h, burst: 1x } } }
              three: { limits: { a: { rate: 1/h }, b: { rate: 10/h, burst: 1x }, c: { window: { limit: 9, every: year } } } }
              none: {}
            """);
        Task<Answer> Ask(string path, string body) => Http.SendAsync(HttpMethod.Post, path, AdminCalls.Content(body, "application/json"), "acme", "again");
        const string Body = """{"key":"k","cost":2}""";
        await Http.PutTenantAsync("acme", """{"plan":"one"}""");
        string id = (await Ask("/v1/reservations", Body)).Text("id");
        Assert.Equal(6, (await Ask("/v1/take", Body)).Number("remaining"));
        Assert.Equal(8, (await Ask("/v1/refund", Body)).Number("remaining"));
        foreach (string plan in new[] { "three", "none", "one" })
        {
            await Http.PutTenantAsync("acme", $$"""{"plan":"{{plan}}"}""");
            var again = await Ask("/v1/take", Body);
            Assert.Equal((200, plan == "none" ? "" : "b 6"), (again.Status, string.Join(", ", again.Json.GetProperty("limits").EnumerateArray().Select(limit => $"{limit.GetProperty("name").GetString()} {limit.GetProperty("remaining").GetInt64()}"))));
            Assert.Equal((201, id), ((await Ask("/v1/reservations", Body)).Status, (await Ask("/v1/reservations", Body)).Text("id")));
            Assert.Equal(200, (await Ask("/v1/refund", Body)).Status);
            (await Ask("/v1/take", """{"key":"k","cost":3}""")).AssertProblem(409);
        }

        await Http.AdminAsync(HttpMethod.Post, "/admin/block", """{"tenant":"acme","key":"k","reason":"r"}""");
        Assert.Equal(200, (await Ask("/v1/take", Body)).Status);
        Assert.Equal(429, (await Http.TakeAsync("k", 1, "acme")).Status);
    }

    [Fact]
    public async Task Buckets_are_shown_and_made_as_new()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.TakeAsync("k", 8, "acme");
        Assert.Equal(2, (await Http.AdminAsync(HttpMethod.Get, "/admin/buckets?tenant=acme&key=k")).Number("remaining"));
        Assert.Equal(204, (await Http.AdminAsync(HttpMethod.Delete, "/admin/buckets?tenant=acme&key=k")).Status);
        Assert.Equal(10, await Left("acme"));
    }

    [Theory]
    [InlineData(null, 401)]
    [InlineData("wrong", 401)]
    [InlineData("0123456789abcdef012", 401)]
    [InlineData(AdminCalls.Key, 200)]
    public async Task Only_the_admin_key_opens(string? key, int status)
    {
        foreach (string path in new[] { "/admin/policies", "/admin/tenants", "/admin/audit", "/admin/block", "/admin/explain?key=k" })
        {
            var answer = await Http.AdminAsync(HttpMethod.Get, path, key: key);
            Assert.Equal(status, answer.Status);
            Assert.Equal(status == 401 ? "Bearer" : null, answer.Header("WWW-Authenticate"));
        }
    }
}

public sealed class LivePoliciesInMemory : LivePolicyTests
{
    private readonly PolicyFile _policies = new();
    private RunningServer? _server;

    internal override async Task<HttpCalls> StartAsync()
    {
        _server = await RunningServer.StartAsync(_policies.Setting, AdminCalls.Setting, $"Weir:Live:Path={LivePath}");
        return _server.Http;
    }

    private string LivePath => Path.Combine(Path.GetDirectoryName(_policies.Path)!, "live.json");

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _policies.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task What_was_changed_is_still_so_after_a_restart()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        await _server!.DisposeAsync();
        var http = await StartAsync();
        Assert.Equal((10, 20), (await http.RemainingAsync("k", "globex"), await http.RemainingAsync("k", "acme")));
    }

    [Fact]
    public async Task A_torn_file_of_live_data_stops_the_start_and_says_so()
    {
        await Http.PutPoliciesAsync(Document);
        await _server!.DisposeAsync();
        File.WriteAllText(LivePath, File.ReadAllText(LivePath)[..^20]);
        var thrown = await Assert.ThrowsAsync<IOException>(StartAsync);
        Assert.Contains(LivePath, thrown.Message, StringComparison.Ordinal);
        File.Delete(LivePath);
        await StartAsync();
    }

    [Fact]
    public async Task The_file_is_read_again_when_it_changes_also_behind_a_link_and_a_bad_one_changes_nothing()
    {
        string folder = Path.GetDirectoryName(_policies.Path)!;
        File.Move(_policies.Path, Path.Combine(folder, "one"));
        File.WriteAllText(Path.Combine(folder, "two"), Document);
        File.WriteAllText(Path.Combine(folder, "bad"), "defaultPlan: none\n");
        foreach (var (target, left) in new[] { ("two", 10L), ("bad", 10L), ("one", 100L) })
        {
            File.CreateSymbolicLink(_policies.Path + ".new", target);
            File.Move(_policies.Path + ".new", _policies.Path, overwrite: true);
            if (target == "bad")
                await Until.TrueAsync(() => Task.FromResult(_server!.Log.Count("are refused") == 1), () => "it was not told of", TimeSpan.FromSeconds(5));
            await Until.TrueAsync(async () => await Http.RemainingAsync("k", "acme") == left, () => $"{target} does not hold", TimeSpan.FromSeconds(5));
        }
    }
}

public sealed class LivePoliciesOnRedis : LivePolicyTests
{
    private ServerOnRedis? _server;

    internal override async Task<HttpCalls> StartAsync()
    {
        _server = await ServerOnRedis.StartAsync(AdminCalls.Setting);
        return _server.Http;
    }

    public override async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task A_change_is_at_every_instance_within_a_second_and_survives_an_empty_Redis()
    {
        await using var second = await _server!.StartAnotherAsync(AdminCalls.Setting);
        await using var third = await _server.StartAnotherAsync(AdminCalls.Setting);
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        foreach (var http in new[] { Http, second.Http, third.Http })
            await Until.TrueAsync(async () => await http.RemainingAsync("k", "acme") == 20, () => "the change has not come", TimeSpan.FromSeconds(1));
        await _server.BreakAsync();
        Assert.Equal(20, await Http.RemainingAsync("k", "acme"));
        (await Http.PutTenantAsync("acme", """{"plan":"slow"}""")).AssertProblem(503);
        await _server.Redis.RestartAsync();
        await _server.UntilRedisDecidesAsync();
        await Until.TrueAsync(
            async () => (await Http.PutTenantAsync("globex", """{"plan":"wide"}""")).Status == 200, () => "changes are not taken again", TimeSpan.FromSeconds(5));
        await using var fourth = await _server.StartAnotherAsync(AdminCalls.Setting);
        Assert.Equal((20, 20), (await fourth.Http.RemainingAsync("k", "acme"), await fourth.Http.RemainingAsync("k", "globex")));
    }

    [Fact]
    public async Task L12_four_instances_under_load_see_each_change_within_a_second_and_no_decision_mixes_two_versions()
    {
        string[] documents =
        [
            "defaultPlan: p\nplans: { p: { limits: { a: { rate: 700/s, burst: 700 }, b: { rate: 701/s, burst: 701 } } } }\n",
            "defaultPlan: p\nplans: { p: { limits: { a: { rate: 900/s, burst: 900 }, c: { rate: 901/s, burst: 901 } } } }\n",
        ];
        string[] shapes = ["a 700, b 701", "a 900, c 901"];
        await Http.PutPoliciesAsync(documents[0]);
        await using var second = await _server!.StartAnotherAsync(AdminCalls.Setting);
        await using var third = await _server.StartAnotherAsync(AdminCalls.Setting);
        await using var fourth = await _server.StartAnotherAsync(AdminCalls.Setting);
        HttpCalls[] all = [Http, second.Http, third.Http, fourth.Http];
        using var stopping = new CancellationTokenSource();
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        var load = Task.WhenAll(all.Select(http => Task.Run(async () =>
        {
            while (!stopping.IsCancellationRequested)
                seen.AddOrUpdate(ShapeOf(await http.TakeAsync(Fresh.Key(), 1, "nobody")), 1, (_, count) => count + 1);
        })));
        for (int i = 1; i <= 6; i++)
        {
            await Http.PutPoliciesAsync(documents[i % 2]);
            await Until.TrueAsync(
                async () => (await Task.WhenAll(all.Select(http => http.TakeAsync(Fresh.Key(), 1, "nobody")))).All(answer => ShapeOf(answer) == shapes[i % 2]),
                () => $"change {i} has not come",
                TimeSpan.FromSeconds(1));
        }

        await stopping.CancelAsync();
        await load;
        Assert.Equal(shapes, seen.Keys.Order(StringComparer.Ordinal));
    }

    private static string ShapeOf(Answer answer) => string.Join(", ", answer.Json.GetProperty("limits").EnumerateArray()
        .Select(limit => $"{limit.GetProperty("name").GetString()} {limit.GetProperty("capacity").GetInt64()}"));
}

public sealed class AdminClosedTests(EmbeddedServer weir) : IClassFixture<EmbeddedServer>
{
    [Theory]
    [InlineData("GET", "/admin/policies")]
    [InlineData("PUT", "/admin/policies")]
    [InlineData("GET", "/admin/tenants/acme")]
    [InlineData("POST", "/admin/block")]
    public async Task Without_an_admin_key_there_is_nothing(string method, string path)
    {
        var answer = await weir.Http.AdminAsync(new HttpMethod(method), path, method == "GET" ? null : "{}");
        var unknown = await weir.Http.AdminAsync(new HttpMethod(method), "/admin/no-such-path", method == "GET" ? null : "{}");
        answer.AssertProblem(404);
        Assert.Equal(unknown.Body, answer.Body);
    }
}
