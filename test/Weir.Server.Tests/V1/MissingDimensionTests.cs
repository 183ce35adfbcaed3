using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

/// <summary>How requests are answered that lack a dimension, the same in memory and on Redis.</summary>
public abstract class MissingDimensionTests : OwnServerTests
{
    private const string Document = """
        defaultPlan: a
        plans:
          a:
            limits:
              per-key: { rate: 10/d, burst: 1x }
              per-ip: { by: [ip], rate: 5/d, burst: 1x }
          strict: { limits: { per-key: { rate: 10/d, burst: 1x }, per-ip: { by: [ip/64], rate: 5/d, burst: 1x, missing: deny } } }
          shared: { limits: { per-key: { rate: 10/d, burst: 1x }, per-ip: { by: [ip], rate: 2/d, burst: 1x, missing: together } } }
        tenants: { strict: { plan: strict }, shared: { plan: shared } }
        """;

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        Assert.Equal(200, (await Http.PutPoliciesAsync(Document)).Status);
    }

    [Fact]
    public async Task Skipped_limits_are_named_in_the_decision_and_only_then()
    {
        var taken = await Http.TakeAsync("k");
        Assert.Equal(200, taken.Status);
        Assert.Contains(",\"degraded\":false,\"skipped\":[\"per-ip\"],\"limits\":[{\"name\":\"per-key\"", taken.Body, StringComparison.Ordinal);
        var whole = await Http.PostAsync("/v1/take", """{"key":"k","attributes":{"ip":"1.1.1.1"}}""");
        Assert.False(whole.Json.TryGetProperty("skipped", out _));
        Assert.Equal(2, whole.Json.GetProperty("limits").GetArrayLength());
        var batch = await Http.PostAsync("/v1/batch", """{"requests":[{"key":"k"},{"key":"k","attributes":{"ip":"1.1.1.1"}}]}""");
        Assert.Equal([true, false], batch.Json.GetProperty("decisions").EnumerateArray().Select(decision => decision.TryGetProperty("skipped", out _)));
        Assert.Equal("per-ip", (await Http.PostAsync("/v1/check", """{"key":"k"}""")).Json.GetProperty("skipped")[0].GetString());
    }

    [Fact]
    public async Task A_denied_request_gets_the_refusal_that_others_get_with_the_limit_and_the_dimension()
    {
        var denied = await Http.TakeAsync("k", 1, "strict");
        denied.AssertProblem(429);
        Assert.Equal("https://iana.org/assignments/http-problem-types#quota-exceeded", denied.Text("type"));
        Assert.Equal("the limit per-ip counts by ip, which the request lacks: send it in attributes", denied.Text("detail"));
        Assert.Equal(("per-ip", "missing-dimension", denied.Text("detail")), (denied.Text("limit"), denied.Text("outcome"), denied.Text("reason")));
        Assert.Equal(["per-ip"], denied.Json.GetProperty("violated-policies").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal((0, 5), (denied.Number("remaining"), denied.Number("capacity")));
        Assert.False(denied.Json.TryGetProperty("retryAfterMs", out _));
        Assert.Equal((null, "\"per-ip\";r=0"), (denied.Header("Retry-After"), denied.Header("RateLimit")));

        var seed = await Http.PostAsync("/limit/incr", """{"key":"k"}""", "strict");
        Assert.Equal((429, false, -1), (seed.Status, seed.Flag("allowed"), seed.Number("resetAtMs")));
        Assert.Equal((200, false), (await Http.PostAsync("/v1/check", """{"key":"k"}""", "strict") is var check ? check.Status : 0, check.Flag("allowed")));
        (await Http.PostAsync("/v1/reservations", """{"key":"k"}""", "strict")).AssertProblem(429);
        var whole = await Http.PostAsync("/v1/take", """{"key":"k","attributes":{"ip":"1.1.1.1"}}""", "strict");
        Assert.Equal([9, 4], whole.Json.GetProperty("limits").EnumerateArray().Select(limit => limit.GetProperty("remaining").GetInt32()));
    }

    [Fact]
    public async Task Requests_without_a_value_share_one_bucket()
    {
        Assert.Equal((200, 200), ((await Http.TakeAsync("k1", 1, "shared")).Status, (await Http.TakeAsync("k2", 1, "shared")).Status));
        var refused = await Http.TakeAsync("k3", 1, "shared");
        refused.AssertProblem(429);
        Assert.Equal("per-ip", refused.Text("limit"));
        Assert.Equal(200, (await Http.PostAsync("/v1/take", """{"key":"k3","attributes":{"ip":""}}""", "shared")).Status);
        Assert.Equal(204, (await Http.AdminAsync(HttpMethod.Delete, "/admin/buckets?tenant=shared&key=k3")).Status);
        Assert.Equal(200, (await Http.TakeAsync("k4", 1, "shared")).Status);
    }

    [Fact]
    public async Task An_explanation_says_what_is_missing_and_what_follows()
    {
        Assert.Equal("per-ip False: the request has no ip", await WhyAsync("", "skip"));
        Assert.Equal("per-ip True: the request has no ip, and the limit denies such requests (missing: deny)", await WhyAsync("strict", "deny"));
        Assert.Equal("per-ip True: the request has no ip, and all such requests share one bucket (missing: together)", await WhyAsync("shared", "together"));
        var denied = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?key=k&tenant=strict");
        Assert.Equal(("missing-dimension", "the limit per-ip counts by ip, which the request lacks: send it in attributes"), (denied.Text("outcome"), denied.Text("detail")));
        Assert.Equal(10, denied.Json.GetProperty("limits")[0].GetProperty("bucket").GetProperty("remaining").GetInt32());
        var buckets = (await Http.AdminAsync(HttpMethod.Get, "/admin/buckets?key=k&tenant=strict")).Json.GetProperty("limits");
        Assert.Equal([10, 0], buckets.EnumerateArray().Select(limit => limit.GetProperty("remaining").GetInt32()));
    }

    private async Task<string> WhyAsync(string tenant, string missing)
    {
        var explained = (await Http.AdminAsync(HttpMethod.Get, $"/admin/explain?key=k{(tenant.Length == 0 ? "" : $"&tenant={tenant}")}")).Json.GetProperty("limits")[1];
        Assert.Equal(missing != "skip", explained.GetProperty("values").EnumerateArray().Any(value => value.GetProperty("name").GetString() == "missing" && value.GetProperty("value").GetString() == missing));
        return $"{explained.GetProperty("name").GetString()} {explained.GetProperty("applies").GetBoolean()}: {explained.GetProperty("why").GetString()}";
    }
}

public sealed class MissingDimensionsInMemory : MissingDimensionTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerInMemory.StartAsync(AdminCalls.Setting);
}

public sealed class MissingDimensionsOnRedis : MissingDimensionTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerOnRedis.StartAsync(AdminCalls.Setting);
}
