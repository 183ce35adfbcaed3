using System.Text.Json;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>
/// Every list under <c>/admin</c> comes in pages, in one way; and no path there takes a parameter that it does not
/// have.
/// </summary>
public sealed class PagingTests : IAsyncLifetime
{
    private const int Items = 23;

    private readonly PolicyFile _policies = new();
    private RunningServer _server = null!;

    private HttpCalls Http => _server.Http;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(
        _policies.Setting, AdminCalls.Setting, "Weir:Auth:Keys:0:Name=ci", "Weir:Auth:Keys:0:Key=0123456789abcdef0123456789abcdef", "Weir:Auth:Keys:0:Scope=take", "Weir:Auth:AllowAnonymous=true");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _policies.Dispose();
    }

    public static TheoryData<string, string, string, string> Lists => new()
    {
        { "/admin/tenants", "tenants", "tenant", "after" },
        { "/admin/keys", "keys", "id", "after" },
        { "/admin/block", "blocks", "key", "after" },
        { "/admin/audit", "changes", "version", "before" },
        { "/admin/top?tenant=acme&which=allowed", "allowed.entries", "key", "after" },
        { "/admin/top?which=denied", "denied.entries", "tenant", "after" },
    };

    private async Task FillAsync(string path)
    {
        for (int i = 0; i < Items; i++)
        {
            var answer = await (path switch
            {
                // Half of them are boosts, one is both.
                "/admin/tenants" => Http.PutTenantAsync($"t{i * 7 % Items}", i % 2 == 0 ? "{}" : """{"until":"2199-01-01T00:00:00Z"}"""),
                "/admin/keys" => Http.CallAsync(AdminCalls.Key, HttpMethod.Post, "/admin/keys", """{"scope":"take"}"""),
                "/admin/block" => Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"tenant":"{{(i % 2 == 0 ? "acme" : "a-b")}}","key":"k/{{i}} &?é","reason":"r"}"""),
                "/admin/audit" => Http.PutTenantAsync("acme", "{}"),
                "/admin/top?which=denied" => Http.TakeAsync("k", 1_000_000, $"tenant{i}"),
                _ => Http.TakeAsync($"key/{i} é", 1 + (i / 3), "acme"),
            });
            Assert.InRange(answer.Status, 200, path.Contains("denied", StringComparison.Ordinal) ? 429 : 201);
        }

        await Http.PutTenantAsync("t0", """{"until":"2199-01-01T00:00:00Z"}""");
    }

    private static JsonElement Within(JsonElement json, string path) =>
        path.Split('.').Aggregate(json, (element, name) => element.GetProperty(name));

    private async Task<(List<string> Items, string? Next)> PageAsync(string path, string list, string id)
    {
        var answer = await Http.AdminAsync(HttpMethod.Get, path);
        Assert.True(answer.Status == 200, answer.Body);
        var owner = list.Contains('.', StringComparison.Ordinal) ? Within(answer.Json, list.Split('.')[0]) : answer.Json;
        string[] items = [.. Within(answer.Json, list).EnumerateArray().Select(item => $"{(item.TryGetProperty("tenant", out var tenant) ? $"{tenant}/" : "")}{item.GetProperty(id)}")];
        return ([.. items], owner.TryGetProperty("next", out var next) ? next.ToString() : null);
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task Pages_of_any_size_hold_each_item_once_and_the_last_one_has_no_next(string path, string list, string id, string after)
    {
        await FillAsync(path);
        string and = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        var (all, none) = await PageAsync($"{path}{and}limit=1000", list, id);
        Assert.Null(none);
        Assert.InRange(all.Count, Items, Items + 2);
        Assert.Equal(all.Count, all.Distinct().Count());
        foreach (int limit in new[] { 1, 7, all.Count - 1, all.Count, all.Count + 1 })
        {
            var seen = new List<string>();
            string? next = null;
            do
            {
                (var items, next) = await PageAsync($"{path}{and}limit={limit}{(next is null ? "" : $"&{after}={Uri.EscapeDataString(next)}")}", list, id);
                Assert.True(items.Count == limit || next is null);
                seen.AddRange(items);
            }
            while (next is not null);
            Assert.Equal(all, seen);
        }
    }

    [Theory]
    [MemberData(nameof(Lists))]
    public async Task A_page_that_is_asked_for_wrongly_is_refused(string path, string list, string id, string after)
    {
        _ = (list, id);
        string and = path.Contains('?', StringComparison.Ordinal) ? "&" : "?";
        foreach (string wrong in new[] { "limit=0", "limit=1001", "limit=x", "limit=-1", "limit=2&limit=3", $"{after}=1&{after}=2", "offset=3", "Limit=3", after == "before" ? "after=x" : "before=3" })
        {
            var answer = await Http.AdminAsync(HttpMethod.Get, $"{path}{and}{wrong}");
            answer.AssertProblem(400);
            Assert.Equal(wrong.Split('=')[0], answer.Text("field"));
        }
    }

    [Theory]
    [InlineData("after=3/k")]
    [InlineData("which=denied&after=k")]
    [InlineData("which=denied&after=x/k")]
    [InlineData("which=denied&after=/k")]
    public async Task The_next_page_of_top_needs_to_know_of_which_list(string query)
    {
        var answer = await Http.AdminAsync(HttpMethod.Get, $"/admin/top?{query}");
        answer.AssertProblem(400);
        Assert.Equal("after", answer.Text("field"));
    }

    [Fact]
    public async Task Blocks_that_have_ended_take_no_room_of_a_page()
    {
        string soon = DateTimeOffset.UtcNow.AddMilliseconds(1_500).ToString("O");
        for (int i = 0; i < 6; i++)
        {
            var put = await Http.AdminAsync(HttpMethod.Post, "/admin/block", $$"""{"tenant":"acme","key":"k{{i}}","reason":"r"{{(i % 2 == 0 ? $",\"until\":\"{soon}\"" : "")}}}""");
            Assert.Equal(200, put.Status);
        }

        await Until.TrueAsync(
            async () => (await PageAsync("/admin/block?limit=2", "blocks", "key")) is (["acme/k1", "acme/k3"], "acme/k3"), () => "those that have ended are there still");
    }

    [Fact]
    public async Task A_parameter_that_a_path_does_not_have_is_refused_with_those_it_has()
    {
        Assert.Equal(
            "offset is not a parameter of this path: leave it out, or correct its name (after, limit)",
            (await Http.AdminAsync(HttpMethod.Get, "/admin/block?offset=3")).Text("detail"));
        Assert.Equal(
            "cost is not a parameter of this path: leave it out, or correct its name (key, tenant, attributes.NAME, attributes)",
            (await Http.AdminAsync(HttpMethod.Get, "/admin/buckets?key=k&cost=3")).Text("detail"));
        Assert.Equal(200, (await Http.AdminAsync(HttpMethod.Get, "/admin/explain?key=k&cost=3&attributes.a=b&tenant=acme")).Status);
    }
}
