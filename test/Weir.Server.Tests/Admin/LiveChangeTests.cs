using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>Every change is judged by what stands when it is made, the same in memory and on Redis.</summary>
public abstract class LiveChangeTests : OwnServerTests
{
    private protected const string Other = "defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 7/h, burst: 1x } } } }\n";

    private protected Task<Answer> DeleteAsync(string path, string? ifMatch = null) => Http.AdminAsync(HttpMethod.Delete, path, ifMatch: ifMatch);

    private Task<Answer> RollbackAsync(long version) => Http.AdminAsync(HttpMethod.Post, "/admin/policies:rollback", $$"""{"version":{{version}}}""");

    private async Task<long> LatestAsync() => (await Http.AdminAsync(HttpMethod.Get, "/admin/audit?limit=1")).Json.GetProperty("changes") is var changes && changes.GetArrayLength() > 0
        ? changes[0].GetProperty("version").GetInt64() : 0;

    [Fact]
    public async Task L12_going_back_to_the_file_is_refused_while_a_live_tenant_needs_the_document()
    {
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        long gone = (await DeleteAsync("/admin/policies")).Number("version");
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        foreach (var refused in new[] { await DeleteAsync("/admin/policies"), await RollbackAsync(gone) })
        {
            refused.AssertProblem(400);
            Assert.Contains("there is no plan", refused.Body, StringComparison.Ordinal);
        }

        Assert.Equal(20, await Http.RemainingAsync("k", "acme"));
        Assert.Equal(200, (await DeleteAsync("/admin/tenants/acme")).Status);
        Assert.Equal(200, (await DeleteAsync("/admin/policies")).Status);
    }

    [Fact]
    public async Task L12_going_back_is_judged_like_a_change_whatever_it_is_about()
    {
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        long tenant = (await Http.PutTenantAsync("acme", """{"plan":"wide"}""")).Number("version");
        long candidate = (await Http.AdminAsync(HttpMethod.Put, "/admin/candidate", LivePolicyTests.Document, "application/yaml")).Number("version");
        await DeleteAsync("/admin/tenants/acme");
        long bare = (await Http.AdminAsync(HttpMethod.Put, "/admin/candidate", Other, "application/yaml")).Number("version");
        await Http.PutPoliciesAsync(Other);
        (await RollbackAsync(tenant)).AssertProblem(400);
        Assert.Equal(200, (await RollbackAsync(candidate)).Status);
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        Assert.Equal(200, (await RollbackAsync(tenant)).Status);
        (await RollbackAsync(bare)).AssertProblem(400);
    }

    [Fact]
    public async Task What_is_not_there_cannot_be_deleted_and_nothing_is_written_down()
    {
        foreach (string path in new[] { "/admin/policies", "/admin/tenants/acme", "/admin/block?tenant=acme&key=k", "/admin/candidate" })
        {
            var answer = await DeleteAsync(path);
            answer.AssertProblem(404);
            Assert.DoesNotContain("openapi", answer.Body, StringComparison.Ordinal);
        }

        Assert.Equal(0, await LatestAsync());
        var none = await Http.AdminAsync(HttpMethod.Get, "/admin/candidate");
        none.AssertProblem(404);
        Assert.Contains("PUT a document", none.Text("detail"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_boost_leaves_what_the_tenant_has_for_good_and_both_are_shown_and_deleted()
    {
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"rate":"30/h"}}}""");
        string until = DateTimeOffset.UtcNow.AddMilliseconds(1_500).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
        await Http.PutTenantAsync("acme", $$$"""{"limits":{"per-key":{"burst":50}},"until":"{{{until}}}"}""");
        Assert.Equal(50, await Http.RemainingAsync("k", "acme"));
        await Until.TrueAsync(async () => await Http.RemainingAsync("k", "acme") == 30, () => "the tenant is not as it was");
        await Http.PutTenantAsync("acme", """{"limits":{"per-key":{"burst":60}},"until":"2199-01-01T00:00:00Z"}""");
        var shown = await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme");
        Assert.Equal("30/h", shown.Json.GetProperty("live").GetProperty("limits").GetProperty("per-key").GetProperty("rate").GetString());
        Assert.Equal(60, shown.Json.GetProperty("boost").GetProperty("limits").GetProperty("per-key").GetProperty("burst").GetInt32());
        Assert.Equal(200, (await DeleteAsync("/admin/tenants/acme")).Status);
        Assert.Equal(10, await Http.RemainingAsync("k", "acme"));
        Assert.Equal("\"0\"", (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme")).Header("ETag"));
    }

    [Fact]
    public async Task A_tenant_is_one_resource_of_one_version_whichever_of_its_layers_changes()
    {
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        const string Boost = """{"plan":"wide","until":"2199-01-01T00:00:00Z"}""";
        string first = (await Http.PutTenantAsync("acme", """{"plan":"slow"}""")).Header("ETag")!;
        var boosted = await Http.AdminAsync(HttpMethod.Put, "/admin/tenants/acme", Boost, ifMatch: first);
        Assert.Equal(boosted.Header("ETag"), (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme")).Header("ETag"));
        (await Http.AdminAsync(HttpMethod.Put, "/admin/tenants/acme", """{"plan":"slow"}""", ifMatch: first)).AssertProblem(412);
        (await DeleteAsync("/admin/tenants/acme", first)).AssertProblem(412);
        Assert.Equal(20, await Http.RemainingAsync("k", "acme"));
        Assert.Equal(200, (await DeleteAsync("/admin/tenants/acme", boosted.Header("ETag"))).Status);
        Assert.Equal(10, await Http.RemainingAsync("k", "acme"));
    }

    [Theory]
    [InlineData("{plan: slow}", "not JSON")]
    [InlineData("plan: slow", "not JSON")]
    [InlineData("%YAML 1.2\n---\nplan: slow", "not JSON")]
    [InlineData("{\"plan\":\n\"slow\",}", "not JSON", 2)]
    [InlineData("null", "must be a JSON object")]
    [InlineData("[]", "must be a mapping")]
    public async Task A_tenant_is_put_as_a_JSON_object(string body, string told, int line = 1)
    {
        await Http.PutPoliciesAsync(LivePolicyTests.Document);
        var answer = await Http.PutTenantAsync("acme", body);
        answer.AssertProblem(400);
        Assert.Contains(told, answer.Body, StringComparison.Ordinal);
        Assert.Equal(line, answer.Json.GetProperty("errors")[0].GetProperty("line").GetInt32());
        Assert.Equal(200, (await Http.PutTenantAsync("acme", "\uFEFF{\"plan\":\"wide\"}")).Status);
        Assert.Equal("wide", (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme")).Json.GetProperty("live").GetProperty("plan").GetString());
    }

    [Fact]
    public async Task What_an_earlier_version_stored_is_shown_whatever_it_is()
    {
        foreach (string text in new[] { "{unlimited: true}", "null", "\"half" })
        {
            await Server.Live.PutAsync(LiveKind.Tenant, "acme", text);
            // Makes this instance read it.
            await Http.PutTenantAsync("globex", "{}");
            Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme")).Status);
            Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Get, "/admin/tenants")).Status);
        }
    }

    [Fact]
    public async Task L10_of_blocks_only_those_count_that_hold_and_a_blocked_key_can_be_blocked_again()
    {
        string soon = DateTimeOffset.UtcNow.AddMilliseconds(700).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", null);
        Task<Answer> BlockAsync(string key, string? until = null) => Http.AdminAsync(
            HttpMethod.Post, "/admin/block", until is null ? $$"""{"key":"{{key}}","reason":"r"}""" : $$"""{"key":"{{key}}","until":"{{until}}","reason":"r"}""");
        Assert.Equal(200, (await BlockAsync("ended", soon)).Status);
        await FillBlocksAsync(Block.MaxBlocks - 1);
        await Until.TrueAsync(async () => (await BlockAsync("last")).Status == 200, () => "what has ended takes a place on");
        (await BlockAsync("one-more")).AssertProblem(400);
        Assert.Equal(200, (await BlockAsync("last")).Status);
        // There was no room left for what had ended, so it was deleted, as the trail says.
        var trail = (await Http.AdminAsync(HttpMethod.Get, "/admin/audit?limit=9")).Json.GetProperty("changes").EnumerateArray();
        Assert.Contains(trail, change => change.GetProperty("who").GetString() == "expiry" && change.GetProperty("id").GetString() == "default/ended");
    }

    [Fact]
    public async Task L10_blocks_made_at_the_same_time_do_not_get_past_the_largest_number()
    {
        await FillBlocksAsync(Block.MaxBlocks - 2);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"key":"k{{i}}","reason":"r"}""")));
        Assert.Equal(2, answers.Count(answer => answer.Status == 200));
    }

    /// <summary>Puts blocks into the store that hold for good.</summary>
    private protected abstract Task FillBlocksAsync(int count);
}

public sealed class LiveChangesInMemory : LiveChangeTests
{
    private ServerInMemory _server = null!;

    private protected override async Task<IOwnServer> StartAsync() => _server = await ServerInMemory.StartAsync(AdminCalls.Setting);

    private protected override async Task FillBlocksAsync(int count)
    {
        var known = await Server.Live.VersionAsync();
        for (int i = 0; i < count; i++)
            await Server.Live.PutAsync(LiveKind.Block, $"default/f{i}", new Block("default", $"f{i}", null, "r").ToJson(), known);
    }

    [Fact]
    public async Task L10_at_the_bound_of_live_tenants_another_one_is_refused_and_one_of_them_is_changed()
    {
        var entries = Enumerable.Range(1, LiveBounds.MaxTenants).Select(i => new LiveEntry(LiveKind.Tenant, $"t{i}", i, "{}"));
        LiveLog.Create(_server.Policies.LivePath, new LiveSnapshot(LiveBounds.MaxTenants, [.. entries], [], [])).Dispose();
        await using var server = await RunningServer.StartAsync(_server.Policies.Setting, AdminCalls.Setting, _server.Policies.LiveSetting);
        var answer = await server.Http.PutTenantAsync("one-more", "{}");
        answer.AssertProblem(400);
        Assert.Contains("200000 tenants have live data already", answer.Body, StringComparison.Ordinal);
        Assert.Equal(200, (await server.Http.PutTenantAsync("t7", """{"unlimited":true}""")).Status);
        Assert.Equal(200, (await server.Http.AdminAsync(HttpMethod.Delete, "/admin/tenants/t8")).Status);
        Assert.Equal(200, (await server.Http.PutTenantAsync("one-more", "{}")).Status);
    }

    [Fact]
    public async Task The_file_that_is_in_force_is_shown_though_it_is_away_or_another_one_was_refused()
    {
        _server.Policies.Replace("defaultPlan: none\n");
        await Until.TrueAsync(() => Task.FromResult(Server.Log.Count("are refused") == 1), () => "it was not told of");
        Assert.Equal(PolicyFile.Common, (await Http.AdminAsync(HttpMethod.Get, "/admin/policies")).Body);
        File.Delete(_server.Policies.Path);
        Assert.Equal(PolicyFile.Common, (await Http.AdminAsync(HttpMethod.Get, "/admin/policies")).Body);
    }

    [Fact]
    public async Task A_file_that_was_refused_because_of_a_live_tenant_holds_once_the_tenant_is_gone()
    {
        _server.Policies.Replace(LivePolicyTests.Document);
        await Until.TrueAsync(async () => await Http.RemainingAsync("k", "acme") == 10, () => "the first does not hold");
        Assert.Equal(200, (await Http.PutTenantAsync("wider", """{"plan":"wide"}""")).Status);
        _server.Policies.Replace(Other);
        await Until.TrueAsync(() => Task.FromResult(Server.Log.Count("are refused") == 1), () => "it was not told of");
        Assert.Equal(10, await Http.RemainingAsync("k", "acme"));
        await DeleteAsync("/admin/tenants/wider");
        await Until.TrueAsync(async () => await Http.RemainingAsync("k", "acme") == 7, () => "it is not tried again");
    }
}

public sealed class LiveChangesOnRedis : LiveChangeTests
{
    private ServerOnRedis _server = null!;

    private protected override async Task<IOwnServer> StartAsync() => _server = await ServerOnRedis.StartAsync(AdminCalls.Setting);

    private protected override async Task FillBlocksAsync(int count)
    {
        var known = await Server.Live.VersionAsync();
        await Task.WhenAll(Enumerable.Range(0, count).Select(i => Server.Live.PutAsync(LiveKind.Block, $"default/f{i}", new Block("default", $"f{i}", null, "r").ToJson(), known)));
    }

    [Fact]
    public async Task L12_instances_that_change_what_belongs_together_at_the_same_time_decide_like_one_that_starts_afterwards()
    {
        await using var second = await _server.StartAnotherAsync(AdminCalls.Setting);
        for (int i = 0; i < 20; i++)
        {
            string tenant = $"t{i}";
            await Http.PutPoliciesAsync(LivePolicyTests.Document);
            var answers = await Task.WhenAll(Http.PutTenantAsync(tenant, """{"plan":"wide"}"""), second.Http.PutPoliciesAsync(Other));
            Assert.Equal([200, 400], answers.Select(answer => answer.Status).Order());
            await using var third = await _server.StartAnotherAsync(AdminCalls.Setting);
            long expected = await third.Http.RemainingAsync("k", tenant);
            Assert.Equal(answers[0].Status == 200 ? 20 : 7, expected);
            foreach (var http in new[] { Http, second.Http })
                await Until.TrueAsync(async () => await http.RemainingAsync("k", tenant) == expected, () => "another instance decides otherwise");
            await DeleteAsync($"/admin/tenants/{tenant}");
        }
    }

    [Fact]
    public async Task L10_remembered_texts_are_bounded_by_their_size()
    {
        long first = (await Http.PutPoliciesAsync(Other)).Number("version");
        // Of the largest texts that there are, four with their names are a little more than 64 MiB.
        string large = $"{Other}# " + new string('x', PolicyDocument.MaxBytes - Other.Length - 2);
        for (int i = 1; i <= 4; i++)
            Assert.Equal(first + i, (await Http.PutPoliciesAsync(large)).Number("version"));
        foreach (var (version, isKept) in new[] { (first, false), (first + 1, false), (first + 2, true), (first + 4, true) })
            Assert.Equal(isKept, await Server.Live.RecallAsync(version) is not null);
    }
}
