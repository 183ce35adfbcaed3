using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Admin;

/// <summary>Why a request would be answered so, and how its buckets stand, the same in memory and on Redis.</summary>
public abstract class ExplanationTests : OwnServerTests
{
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
                  guests: { unless: { route: ["/home", "/health"] }, rate: 1/h }
                  all: { by: [], rate: 100/h, mode: shadow }
            """);
        await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"rate":"3/h"}}}""");
        for (int i = 0; i < 2; i++)
        {
            var said = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k&cost=2&attributes.route=/home");
            Assert.Equal(
                [
                    "per-key True: it has all that the limit is keyed by, and meets its conditions (live tenant acme)", "region False: the request has no region (plan a)",
                    "search False: its route is not like /search* (plan a)", "guests False: it is excepted: its route is like /home or /health (plan a)", "all True: it has all that the limit is keyed by, and meets its conditions (plan a)",
                ],
                said.Json.GetProperty("limits").EnumerateArray().Select(limit =>
                    $"{limit.GetProperty("name").GetString()} {limit.GetProperty("applies").GetBoolean()}: {limit.GetProperty("why").GetString()} ({limit.GetProperty("from").GetString()})"));
            Assert.Equal(("live", 3L), (said.Text("planFrom"), said.Json.GetProperty("decision").GetProperty("remaining").GetInt64()));
        }
    }

    [Fact]
    public async Task An_explanation_says_from_which_layer_each_value_comes()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: a
            plans: { a: { limits: { l: { by: [key], rate: 10/s, burst: 30, cost: 2, when: { route: "/s*" }, unless: { ip: "10.*" } }, w: { window: { limit: 5, every: day, zone: Europe/Berlin } } } } }
            tenants: { globex: { limits: { w: { window: { limit: 7 } } } } }
            """);
        await Http.PutTenantAsync("acme", """{"limits":{"l":{"rate":"20/s"},"own":{"concurrency":{"limit":3}}},"until":"2199-01-01T00:00:00Z"}""");
        await Http.PutTenantAsync("umbrella", """{"limits":{"l":{"mode":"shadow"}}}""");
        await Http.PutTenantAsync("both", """{"limits":{"l":{"rate":"20/s","cost":3}}}""");
        await Http.PutTenantAsync("both", """{"limits":{"l":{"rate":"10/s","burst":90}},"until":"2199-01-01T00:00:00Z"}""");

        Assert.Equal(
            "l.rate 20/1000ms: boost of tenant acme, l.burst 30: plan a, l.by [key]: plan a, l.when.route /s*: plan a, l.unless.ip 10.*: plan a, l.cost 2: plan a, l.mode enforce: plan a, l.lease on: plan a, "
            + "w.window.limit 5: plan a, w.window.every day: plan a, w.window.zone Europe/Berlin: plan a, w.by [key]: plan a, w.cost 1: plan a, w.mode enforce: plan a, w.lease on: plan a, "
            + "own.concurrency.limit 3: boost of tenant acme, own.concurrency.lease 60000ms: boost of tenant acme, own.by [key]: boost of tenant acme, own.cost 1: boost of tenant acme, own.mode enforce: boost of tenant acme, own.lease on: boost of tenant acme",
            await LayersAsync("acme"));
        Assert.Contains("w.window.limit 7: document tenant globex, w.window.every day: plan a", await LayersAsync("globex"), StringComparison.Ordinal);
        Assert.Contains("l.cost 2: plan a, l.mode shadow: live tenant umbrella", await LayersAsync("umbrella"), StringComparison.Ordinal);
        Assert.StartsWith(
            "l.rate 10/1000ms: boost of tenant both, l.burst 90: boost of tenant both, l.by [key]: plan a, l.when.route /s*: plan a, l.unless.ip 10.*: plan a, l.cost 3: live tenant both, ",
            await LayersAsync("both"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_explanation_spells_windows_as_a_policy_does()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: a
            plans: { a: { limits: { w: { by: [ip/24/64], window: { limit: 5, every: 2 weeks, from: sunday, at: "06:00", zone: Europe/Berlin } }, h: { window: { limit: 5, every: 15m } }, s: { rate: 0.5/s } } } }
            """);
        string layers = await LayersAsync("acme");

        Assert.Contains(
            "w.window.every 2 weeks: plan a, w.window.zone Europe/Berlin: plan a, w.window.from sunday: plan a, w.window.at 06:00: plan a, w.by [ip/24/64]: plan a", layers, StringComparison.Ordinal);
        Assert.Contains("h.window.every 15 minutes: plan a, h.window.zone UTC: plan a, h.by [key]: plan a", layers, StringComparison.Ordinal);
        Assert.Contains("s.rate 1/2000ms: plan a, s.burst 2: plan a", layers, StringComparison.Ordinal);
        var limits = (await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k&attributes.ip=[::1]:80")).Json.GetProperty("limits");
        Assert.Equal("5 every 2 weeks in Europe/Berlin, from sunday, at 06:00", limits[0].GetProperty("quota").GetString());
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
    public async Task Remaining_and_capacity_are_the_limits_own_tokens_whatever_it_multiplies_costs_by()
    {
        await Http.PutPoliciesAsync("""
            defaultPlan: a
            plans: { a: { limits: { search: { rate: 1000/d, burst: 1x, cost: 3 }, all: { by: [], rate: 400/d, burst: 1x } } } }
            """);
        var untouched = await Http.GetAsync("/limit/check?key=k");
        var taken = await Http.TakeAsync("k", 2);
        var check = await Http.PostAsync("/v1/check", """{"key":"k"}""");
        var explained = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?key=k&cost=332");

        Assert.Equal(1000, untouched.Number("remaining"));
        Assert.Equal("\"search\";q=1000;w=86400, \"all\";q=400;w=86400", untouched.Header("RateLimit-Policy"));
        Assert.Equal("\"search\";r=1000;t=0, \"all\";r=400;t=0", untouched.Header("RateLimit"));
        foreach (var answer in (Answer[])[taken, check])
        {
            Assert.Equal(("search", 994, 1000), (answer.Text("limit"), answer.Number("remaining"), answer.Number("capacity")));
            Assert.Equal(398, answer.Json.GetProperty("limits")[1].GetProperty("remaining").GetInt64());
        }

        Assert.Equal(994, explained.Json.GetProperty("limits")[0].GetProperty("bucket").GetProperty("remaining").GetInt64());
        Assert.Equal("refused", explained.Text("outcome"));
        Assert.Equal("allowed", (await Http.AdminAsync(HttpMethod.Get, "/admin/explain?key=k&cost=331")).Text("outcome"));
    }

    [Fact]
    public async Task Buckets_are_shown_and_made_as_new()
    {
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        await Http.TakeAsync("k", 8, "acme");
        Assert.Equal(2, (await Http.AdminAsync(HttpMethod.Get, "/admin/buckets?tenant=acme&key=k")).Number("remaining"));
        Assert.Equal(204, (await Http.AdminAsync(HttpMethod.Delete, "/admin/buckets?tenant=acme&key=k")).Status);
        Assert.Equal(10, await Http.RemainingAsync("k", "acme"));
    }
}

public sealed class ExplanationsInMemory : ExplanationTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerInMemory.StartAsync(AdminCalls.Setting);
}

public sealed class ExplanationsOnRedis : ExplanationTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerOnRedis.StartAsync(AdminCalls.Setting);
}
