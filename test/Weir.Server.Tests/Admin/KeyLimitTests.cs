using System.Text.Json;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>Other numbers for one key, live, the same in memory and on Redis.</summary>
public abstract class KeyLimitTests : OwnServerTests
{
    private const string Document =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { rate: 10/h, burst: 1x } }, keys: { vip: { limits: { per-key: { rate: 100/h } } } } }
        tenants:
          acme: { limits: { per-key: { burst: 2x } } }
        """;

    private Task<Answer> PutAsync(string path, string json, string? ifMatch = null) =>
        Http.AdminAsync(HttpMethod.Put, $"/admin/tenants/{path}", json, ifMatch: ifMatch);

    private Task<Answer> GetAsync(string path) => Http.AdminAsync(HttpMethod.Get, $"/admin/tenants/{path}");

    private Task<Answer> DeleteAsync(string path) => Http.AdminAsync(HttpMethod.Delete, $"/admin/tenants/{path}");

    [Fact]
    public async Task L12_a_key_has_other_numbers_at_once_and_what_it_spent_stays_spent()
    {
        await Http.PutPoliciesAsync(Document);
        Assert.Equal(200, (await Http.TakeAsync("k", 4, "acme")).Status);
        Assert.Equal(200, (await PutAsync("acme/keys/k", """{"limits":{"per-key":{"rate":"30/h"}}}""")).Status);
        Assert.Equal((56, 20, 200), (await Http.RemainingAsync("k", "acme"), await Http.RemainingAsync("other", "acme"), await Http.RemainingAsync("vip", "acme")));
        Assert.Equal(10, await Http.RemainingAsync("k", "globex"));
        Assert.Equal(200, (await DeleteAsync("acme/keys/k")).Status);
        Assert.Equal(16, await Http.RemainingAsync("k", "acme"));
    }

    [Fact]
    public async Task What_is_live_lies_over_the_document_and_over_whatever_its_tenant_has_by_then()
    {
        await Http.PutPoliciesAsync(Document);
        await PutAsync("acme/keys/vip", """{"limits":{"per-key":{"burst":"3x"}}}""");
        Assert.Equal(300, await Http.RemainingAsync("vip", "acme"));
        await PutAsync("acme/keys/k", """{"limits":{"per-key":{"rate":"30/h"}}}""");
        await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"burst":"4x"}}}""");
        Assert.Equal((300, 120), (await Http.RemainingAsync("vip", "acme"), await Http.RemainingAsync("k", "acme")));
        await Http.PutPoliciesAsync(Document.Replace("100/h", "50/h", StringComparison.Ordinal));
        Assert.Equal((150, 120), (await Http.RemainingAsync("vip", "acme"), await Http.RemainingAsync("k", "acme")));
    }

    [Theory]
    [InlineData("a/b", "a/b")]
    [InlineData("a%2Fb", "a/b")]
    [InlineData("a%20b%3F", "a b?")]
    [InlineData("%C3%A9", "é")]
    [InlineData("a%252Fb", "a%2Fb")]
    public async Task The_path_spells_any_key(string path, string key)
    {
        await Http.PutPoliciesAsync(Document);
        Assert.Equal(200, (await PutAsync($"acme/keys/{path}", """{"unlimited":true}""")).Status);
        Assert.Equal(key, (await GetAsync($"acme/keys/{path}")).Text("key"));
        var taken = await Http.PostAsync("/v1/take", JsonSerializer.Serialize(new { key, cost = 1_000 }), "acme");
        Assert.Equal(200, taken.Status);
    }

    [Fact]
    public async Task A_key_is_shown_listed_and_changed_by_its_version()
    {
        await Http.PutPoliciesAsync(Document);
        Assert.Equal(404, (await GetAsync("acme/keys/k")).Status);
        string[] keys = ["a", "b", "c"];
        foreach (string key in keys)
            await PutAsync($"acme/keys/{key}", """{"limits":{"per-key":{"rate":"30/h"}}}""");
        await PutAsync("acme2/keys/z", """{"unlimited":true}""");
        var shown = await GetAsync("acme/keys/a");
        Assert.Equal("30/h", shown.Json.GetProperty("live").GetProperty("limits").GetProperty("per-key").GetProperty("rate").GetString());
        var page = (await GetAsync("acme/keys?limit=2")).Json;
        Assert.Equal(["a", "b"], page.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()));
        page = (await GetAsync($"acme/keys?limit=2&after={page.GetProperty("next").GetString()}")).Json;
        Assert.Equal(["c"], page.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("key").GetString()));
        Assert.False(page.TryGetProperty("next", out _));

        string? tag = shown.Header("ETag");
        Assert.Equal(200, (await PutAsync("acme/keys/a", """{"unlimited":true}""", tag)).Status);
        Assert.Equal(412, (await PutAsync("acme/keys/a", "{}", tag)).Status);
        Assert.Equal((200, 404), ((await DeleteAsync("acme/keys/a")).Status, (await DeleteAsync("acme/keys/a")).Status));
    }

    [Fact]
    public async Task A_change_of_any_version_changes_what_is_there_and_makes_nothing()
    {
        await Http.PutPoliciesAsync(Document);
        var refused = await PutAsync("acme/keys/a", """{"unlimited":true}""", "*");
        refused.AssertProblem(412);
        Assert.Equal("If-Match", refused.Text("field"));
        Assert.Equal(404, (await GetAsync("acme/keys/a")).Status);
        Assert.Equal(412, (await Http.AdminAsync(HttpMethod.Put, "/admin/candidate", Document, "application/yaml", ifMatch: "*")).Status);
        Assert.Equal(200, (await PutAsync("acme/keys/a", """{"unlimited":true}""")).Status);
        Assert.Equal(200, (await PutAsync("acme/keys/a", "{}", "*")).Status);
        Assert.Equal(200, (await PutAsync("acme", """{"plan":"free"}""", "*")).Status);
    }

    [Fact]
    public async Task A_time_that_is_over_is_told_with_its_line()
    {
        await Http.PutPoliciesAsync(Document);
        var refused = await PutAsync("acme/keys/k", "{\n  \"unlimited\": true,\n  \"until\": \"2020-01-01T00:00:00Z\"\n}");
        var error = refused.Json.GetProperty("errors").EnumerateArray().Single();
        Assert.Equal(("until", 3), (error.GetProperty("path").GetString(), error.GetProperty("line").GetInt32()));
    }

    [Fact]
    public async Task A_document_is_refused_for_one_of_many_keys_that_have_the_same_numbers()
    {
        const string Keyed = "defaultPlan: a\nplans: { a: { limits: { l: { rate: 1/h } }, keys: { k3: { limits: { m: { rate: 1/h } } } } } }\n";
        await Http.PutPoliciesAsync(Keyed);
        for (int i = 0; i < 5; i++)
            Assert.Equal(200, (await PutAsync($"acme/keys/k{i}", """{"limits":{"l":{"burst":"2x"}}}""")).Status);
        Assert.Equal(200, (await PutAsync("acme/keys/k3", """{"limits":{"l":{"burst":"2x"},"m":{"burst":"2x"}}}""")).Status);

        Assert.Equal(200, (await Http.PutPoliciesAsync(Keyed.Replace("l: { rate: 1/h }", "l: { rate: 2/h }", StringComparison.Ordinal))).Status);
        var ofOne = await Http.PutPoliciesAsync(Keyed.Replace("keys: { k3", "keys: { k4", StringComparison.Ordinal));
        var ofAll = await Http.PutPoliciesAsync(Keyed.Replace("{ l: {", "{ n: {", StringComparison.Ordinal));
        Assert.Equal((400, 400), (ofOne.Status, ofAll.Status));
        Assert.Contains("key k3 of tenant acme", ofOne.Json.GetProperty("errors")[0].GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal(2, ofAll.Json.GetProperty("errors").GetArrayLength());
    }

    [Theory]
    [InlineData("""{"limits":{"per-key":{"rate":"fast"}}}""", "limits.per-key.rate")]
    [InlineData("""{"limits":{"new":{"burst":3}}}""", "limits.new")]
    [InlineData("""{"plan":"free"}""", "plan")]
    [InlineData("""{"until":"2020-01-01T00:00:00Z","unlimited":true}""", "until")]
    [InlineData("""{"unlimited":null}""", "unlimited")]
    [InlineData("[]", "")]
    [InlineData("{", "")]
    public async Task What_is_wrong_is_told_and_changes_nothing(string json, string path)
    {
        await Http.PutPoliciesAsync(Document);
        var refused = await PutAsync("acme/keys/k", json);
        Assert.Equal(400, refused.Status);
        Assert.Contains(path, refused.Json.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("path").GetString()));
        Assert.Equal(20, await Http.RemainingAsync("k", "acme"));
    }

    [Fact]
    public async Task A_key_that_holds_until_a_time_is_as_before_then()
    {
        await Http.PutPoliciesAsync(Document);
        await PutAsync("acme/keys/k", $$$"""{"limits":{"per-key":{"rate":"30/h"}},"until":"{{{DateTimeOffset.UtcNow.AddSeconds(2):O}}}"}""");
        Assert.Equal(60, await Http.RemainingAsync("k", "acme"));
        await Until.TrueAsync(async () => await Http.RemainingAsync("k", "acme") == 20, () => "it holds still");
    }

    [Fact]
    public async Task An_explanation_has_the_key_as_a_layer_of_its_own()
    {
        await Http.PutPoliciesAsync(Document);
        await PutAsync("acme/keys/vip", """{"limits":{"per-key":{"burst":"3x"}}}""");
        var explained = (await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=vip")).Json.GetProperty("limits")[0];
        var values = explained.GetProperty("values").EnumerateArray().ToDictionary(value => value.GetProperty("name").GetString()!, value => value.GetProperty("from").GetString());
        Assert.Equal(("key vip", "live key vip", "plan free"), (values["rate"], values["burst"], values["by"]));
    }

    [Fact]
    public async Task A_key_that_nothing_limits_can_be_limited_again()
    {
        await Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { l: { rate: 10/h, burst: 1x }, m: { rate: 9/h } }, keys: { k: { unlimited: true } } } }\n");
        Assert.Equal(200, (await Http.TakeAsync("k", 1_000, "acme")).Status);
        Assert.Equal(200, (await PutAsync("acme/keys/k", """{"limits":{"l":{"rate":"3/h"}}}""")).Status);
        Assert.Equal(3, await Http.RemainingAsync("k", "acme"));
    }

    [Fact]
    public async Task A_tenant_named_keys_has_keys_and_a_path_with_dots_is_refused()
    {
        await Http.PutPoliciesAsync(Document);
        Assert.Equal(200, (await PutAsync("keys/keys/k", """{"limits":{"per-key":{"rate":"30/h"}}}""")).Status);
        Assert.Equal(30, await Http.RemainingAsync("k", "keys"));
        foreach (string path in new[] { "acme/keys/..", "acme/keys/%2E%2E", "acme/keys/%2e" })
        {
            using var raw = await RawConnection.OpenAsync(Server.Address);
            await raw.SendAsync(
                $"PUT /admin/tenants/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {AdminCalls.Key}\r\n"
                + "Content-Type: application/json\r\nContent-Length: 18\r\n\r\n{\"unlimited\":true}");
            Assert.StartsWith("HTTP/1.1 40", await raw.ReadAnswerAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(20, await Http.RemainingAsync("x", "acme"));
    }

    [Fact]
    public async Task L12_what_a_live_key_lies_over_does_not_change_so_that_the_key_would_fit_no_more()
    {
        await Http.PutPoliciesAsync(Document);
        await PutAsync("acme/keys/k", """{"limits":{"per-key":{"rate":"0/s"}}}""");
        var tenant = await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"by":["ip"]}}}""");
        var document = await Http.PutPoliciesAsync(Document.Replace("per-key: { rate: 10/h", "per-key: { by: [ip], rate: 10/h", StringComparison.Ordinal).Replace(", keys: { vip: { limits: { per-key: { rate: 100/h } } } }", "", StringComparison.Ordinal));
        foreach (var refused in new[] { tenant, document })
            Assert.Contains("key k of tenant acme has live numbers that would not fit", refused.Body, StringComparison.Ordinal);
        Assert.Equal((400, 400, 429), (tenant.Status, document.Status, (await Http.TakeAsync("k", 1, "acme")).Status));
    }
}

public sealed class KeyLimitsInMemory : KeyLimitTests
{
    private ServerInMemory _server = null!;

    private protected override async Task<IOwnServer> StartAsync() => _server = await ServerInMemory.StartKeepingAsync(AdminCalls.Setting);

    [Fact]
    public async Task A_key_has_its_numbers_after_a_restart()
    {
        await Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { l: { rate: 10/h, burst: 1x } } } }\n");
        await Http.AdminAsync(HttpMethod.Put, "/admin/tenants/acme/keys/k", """{"limits":{"l":{"rate":"30/h"}}}""");
        await _server.StopAsync();
        await _server.StartAgainAsync();
        Assert.Equal((30, 10), (await Http.RemainingAsync("k", "acme"), await Http.RemainingAsync("other", "acme")));
    }
}

public sealed class KeyLimitsOnRedis : KeyLimitTests
{
    private ServerOnRedis _server = null!;

    private protected override async Task<IOwnServer> StartAsync() =>
        _server = await ServerOnRedis.StartAsync(AdminCalls.Setting, "Weir:Keys:Hash=false");

    [Fact]
    public async Task Another_instance_has_the_numbers_too()
    {
        await using var second = await _server.StartAnotherAsync(AdminCalls.Setting);
        await Http.AdminAsync(HttpMethod.Put, "/admin/tenants/acme/keys/k", """{"unlimited":true}""");
        await Until.TrueAsync(async () => (await second.Http.TakeAsync("k", 1_000_000, "acme")).Status == 200, () => "it has not come");
    }
}

/// <summary>Where keys are hashed, live data names none of them.</summary>
public sealed class KeyLimitsOfHashedKeysTests : IAsyncLifetime
{
    private ServerOnRedis _server = null!;

    public async ValueTask InitializeAsync() =>
        _server = await ServerOnRedis.StartAsync(AdminCalls.Setting, "Weir:Keys:Hash=true", "Weir:Keys:Secret=0123456789abcdef0123456789abcdef");

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Fact]
    public async Task A_hashed_key_has_other_numbers_and_is_stored_under_its_hash()
    {
        await _server.Http.PutPoliciesAsync("defaultPlan: a\nplans: { a: { limits: { l: { rate: 10/h, burst: 1x } } } }\n");
        Assert.Equal(200, (await _server.Http.AdminAsync(HttpMethod.Put, "/admin/tenants/acme/keys/jane", """{"limits":{"l":{"rate":"30/h"}}}""")).Status);
        Assert.Equal((30, 10), (await _server.Http.RemainingAsync("jane", "acme"), await _server.Http.RemainingAsync("john", "acme")));
        string hash = (await _server.Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme/keys/jane")).Text("key")!;
        Assert.StartsWith("#", hash, StringComparison.Ordinal);
        Assert.Equal(200, (await _server.Http.AdminAsync(HttpMethod.Get, $"/admin/tenants/acme/keys/{Uri.EscapeDataString(hash)}")).Status);
        Assert.DoesNotContain("jane", await _server.Redis.CommandAsync("HGETALL", "weir:{~live}:state"), StringComparison.Ordinal);
    }
}
