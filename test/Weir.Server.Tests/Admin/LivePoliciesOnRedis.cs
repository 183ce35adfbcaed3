using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

public sealed class LivePoliciesOnRedis : LivePolicyTests
{
    private ServerOnRedis _server = null!;

    private protected override async Task<IOwnServer> StartAsync() => _server = await ServerOnRedis.StartAsync(AdminCalls.Setting);

    [Fact]
    public async Task A_change_is_at_every_instance_within_a_second_and_survives_an_empty_Redis()
    {
        await using var second = await _server.StartAnotherAsync(AdminCalls.Setting);
        await using var third = await _server.StartAnotherAsync(AdminCalls.Setting);
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        foreach (var http in new[] { Http, second.Http, third.Http })
            await Until.TrueAsync(async () => await http.RemainingAsync("k", "acme") == 20, () => "the change has not come");
        await _server.BreakAsync();
        // What remains is of this instance's share, once the instances have heard of each other.
        Assert.Equal("per-key 20, tenant 2000", ShapeOf(await Http.TakeAsync(Fresh.Key(), 1, "acme")));
        (await Http.PutTenantAsync("acme", """{"plan":"slow"}""")).AssertProblem(503);
        await _server.Redis.RestartAsync();
        await _server.UntilRedisDecidesAsync();
        await Until.TrueAsync(
            async () => (await Http.PutTenantAsync("globex", """{"plan":"wide"}""")).Status == 200, () => "changes are not taken again");
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
        await using var second = await _server.StartAnotherAsync(AdminCalls.Setting);
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
                () => $"change {i} has not come");
        }

        await stopping.CancelAsync();
        await load;
        Assert.Equal(shapes, seen.Keys.Order(StringComparer.Ordinal));
    }

    private static string ShapeOf(Answer answer) => string.Join(", ", answer.Json.GetProperty("limits").EnumerateArray()
        .Select(limit => $"{limit.GetProperty("name").GetString()} {limit.GetProperty("capacity").GetInt64()}"));
}
