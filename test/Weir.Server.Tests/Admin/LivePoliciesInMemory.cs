using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Admin;

public sealed class LivePoliciesInMemory : LivePolicyTests
{
    private ServerInMemory _server = null!;

    private protected override async Task<IOwnServer> StartAsync() => _server = await ServerInMemory.StartKeepingAsync(AdminCalls.Setting);

    [Fact]
    public async Task What_was_changed_is_still_so_after_a_restart()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        await _server.StopAsync();
        await _server.StartAgainAsync();
        Assert.Equal((10, 20), (await Http.RemainingAsync("k", "globex"), await Http.RemainingAsync("k", "acme")));
    }

    [Fact]
    public async Task A_change_that_a_crash_has_torn_is_lost_alone_and_the_log_says_so()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        await _server.StopAsync();
        string path = _server.Policies.LivePath;
        File.WriteAllText(path, File.ReadAllText(path)[..^20]);
        await _server.StartAgainAsync();
        Assert.Equal(10, await Http.RemainingAsync("k", "acme"));
        Assert.Equal(1, Server.Log.Count("that change is lost"));
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        await _server.StopAsync();
        await _server.StartAgainAsync();
        Assert.Equal(20, await Http.RemainingAsync("k", "acme"));
    }

    [Fact]
    public async Task A_damaged_file_of_live_data_stops_the_start_and_the_message_has_the_cure()
    {
        await Http.PutPoliciesAsync(Document);
        await Http.PutTenantAsync("acme", """{"plan":"wide"}""");
        await _server.StopAsync();
        string path = _server.Policies.LivePath;
        File.WriteAllText(path, File.ReadAllText(path).Replace("slow", "fast", StringComparison.Ordinal));
        var thrown = await Assert.ThrowsAsync<IOException>(_server.StartAgainAsync);
        Assert.StartsWith($"{path}: line 2 is damaged: its checksum does not match", thrown.Message, StringComparison.Ordinal);
        Assert.Contains("restore the file from a backup", thrown.Message, StringComparison.Ordinal);
        File.Delete(path);
        await _server.StartAgainAsync();
    }

    [Fact]
    public async Task The_file_is_read_again_when_it_changes_also_behind_a_link_and_a_bad_one_changes_nothing()
    {
        string folder = Path.GetDirectoryName(_server.Policies.Path)!;
        File.Move(_server.Policies.Path, Path.Combine(folder, "one"));
        File.WriteAllText(Path.Combine(folder, "two"), Document);
        File.WriteAllText(Path.Combine(folder, "bad"), "defaultPlan: none\n");
        foreach (var (target, left) in new[] { ("two", 10L), ("bad", 10L), ("one", 100L) })
        {
            File.CreateSymbolicLink(_server.Policies.Path + ".new", target);
            File.Move(_server.Policies.Path + ".new", _server.Policies.Path, overwrite: true);
            if (target == "bad")
                await Until.TrueAsync(() => Task.FromResult(Server.Log.Count("are refused") == 1), () => "it was not told of");
            await Until.TrueAsync(async () => await Http.RemainingAsync("k", "acme") == left, () => $"{target} does not hold");
        }
    }
}
