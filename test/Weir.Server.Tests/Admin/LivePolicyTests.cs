using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>Policies, tenants and blocks that are changed while requests come, the same in memory and on Redis.</summary>
public abstract class LivePolicyTests : OwnServerTests
{
    internal const string Document =
        """
        defaultPlan: slow
        plans:
          slow: { limits: { per-key: { by: [key], rate: 10/h, burst: 1x } } }
          wide: { limits: { per-key: { by: [key], rate: 20/h, burst: 1x }, tenant: { by: [], rate: 1000/h } } }
          windowed: { limits: { per-key: { by: [key], window: { limit: 8, every: year } } } }
        """;

    private async Task<long> Left(string tenant) => await Http.RemainingAsync("k", tenant);

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("seven")]
    [InlineData("\"1\", \"2\"")]
    [InlineData("W/\"1\"")]
    public async Task An_If_Match_that_is_no_ETag_is_a_mistake(string ifMatch)
    {
        foreach (var (method, path) in new[] { (HttpMethod.Delete, "/admin/tenants/acme"), (HttpMethod.Delete, "/admin/policies"), (HttpMethod.Delete, "/admin/candidate") })
        {
            var refused = await Http.AdminAsync(method, path, ifMatch: ifMatch);
            refused.AssertProblem(400);
            Assert.Equal("If-Match", refused.Text("field"));
        }
    }

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
                () => $"{left} left of {capacity}, {spent} spent");
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
        await Until.TrueAsync(async () => await Left("acme") == 10, () => "the boost holds on");
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
