using System.Collections.Concurrent;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>Live data in a file, of a process that is killed.</summary>
public sealed class LiveCrashTests : IDisposable
{
    private readonly PolicyFile _policies = new();

    public void Dispose() => _policies.Dispose();

    [Fact]
    public async Task Every_change_that_was_answered_is_there_after_a_kill_in_the_middle_of_others()
    {
        var answered = new ConcurrentDictionary<string, string>();
        string[] settings = [_policies.Setting, _policies.LiveSetting, AdminCalls.Setting];
        for (int life = 0; life < 3; life++)
        {
            using var server = await ServerProcess.StartAsync(settings);
            var writers = Enumerable.Range(0, 4).Select(writer => WriteUntilItEndsAsync(server.Http, answered, $"t{life}-{writer}")).ToArray();
            await Until.TrueAsync(() => answered.Count >= 60 * (life + 1), () => $"{answered.Count} changes");
            server.Dispose();
            await Task.WhenAll(writers);
        }

        await using var again = await RunningServer.StartAsync(settings);
        foreach (var (tenant, plan) in answered)
            Assert.Equal(plan, (await again.Http.AdminAsync(HttpMethod.Get, $"/admin/tenants/{tenant}")).Text("plan"));
    }

    private static async Task WriteUntilItEndsAsync(HttpCalls http, ConcurrentDictionary<string, string> answered, string name)
    {
        try
        {
            for (int i = 0; ; i++)
            {
                string plan = i % 2 == 0 ? "pro" : "slow";
                if ((await http.PutTenantAsync($"{name}-{i}", $$"""{"plan":"{{plan}}"}""")).Status == 200)
                    answered[$"{name}-{i}"] = plan;
            }
        }
        catch (Exception ended) when (ended is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            // The server was killed.
        }
    }
}
