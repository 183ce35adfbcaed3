using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Weir.Server.Tests.Admin;

/// <summary>Changes that are judged and written again, and what has ended and is deleted.</summary>
public sealed class LiveDataTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly LivePolicies _policies;
    private readonly FileLiveStore _file;

    public LiveDataTests()
    {
        _policies = new LivePolicies(PolicyDocument.Parse("defaultPlan: a\nplans: { a: {} }\n", "file"), _time);
        _file = new FileLiveStore(null, _time);
    }

    public void Dispose()
    {
        _policies.Dispose();
        _file.Dispose();
    }

    private static LiveVersion At(long number) => new("file", number);

    private LiveData Over(ILiveStore store) => new(store, _policies, new ApiKeys([], _time), _time, NullLogger<LiveData>.Instance);

    [Fact]
    public async Task A_change_is_judged_again_by_what_came_between()
    {
        using var live = Over(_file);
        var seen = new List<string>();
        var edit = await live.EditAsync(LiveKind.Tenant, "acme", "{}", "me", () =>
        {
            seen.Add(string.Join(",", live.After(LiveKind.Tenant, "").Select(entry => entry.Id)));
            if (seen.Count <= 2)
                _file.WriteAsync(LiveKind.Tenant, $"other{seen.Count}", "{}", "another", null, LiveVersion.Unknown).GetAwaiter().GetResult();
            return null;
        });
        Assert.Equal((LiveOutcome.Written, 3L), (edit.Outcome, edit.Version));
        Assert.Equal(["", "other1", "other1,other2"], seen);
    }

    [Fact]
    public async Task L10_whoever_is_outrun_again_and_again_is_told_to_come_back()
    {
        using var live = Over(_file);
        int judged = 0;
        var edit = await live.EditAsync(LiveKind.Tenant, "acme", "{}", "me", () =>
        {
            judged++;
            _file.WriteAsync(LiveKind.Tenant, "other", "{}", "another", null, LiveVersion.Unknown).GetAwaiter().GetResult();
            return null;
        });
        Assert.Equal((LiveOutcome.Unavailable, 50), (edit.Outcome, judged));
        Assert.Null(live.Find(LiveKind.Tenant, "acme"));
    }

    [Fact]
    public async Task What_has_ended_is_deleted_a_few_at_a_time_and_pushes_out_no_text()
    {
        using var live = Over(_file);
        long first = (await live.WriteAsync(LiveKind.Boost, "acme", """{"until":"2030-01-01T00:00:05Z"}""", "me", null)).Version;
        for (int i = 1; i <= 3; i++)
            await live.WriteAsync(LiveKind.Block, $"acme/k{i}", new Block("acme", $"k{i}", _time.GetUtcNow().AddSeconds(i), "r").ToJson(), "me", null);
        _time.Advance(TimeSpan.FromSeconds(8));
        var grace = TimeSpan.FromSeconds(6);
        await live.SweepAsync(LiveKind.Block, grace, 1);
        await live.SweepAsync(LiveKind.Boost, grace, 1);
        Assert.Equal(["acme/k2", "acme/k3"], live.After(LiveKind.Block, "").Select(entry => entry.Id));
        Assert.Equal(1, live.CountOf(LiveKind.Boost));
        _time.Advance(TimeSpan.FromHours(1));
        await live.SweepAsync(LiveKind.Block, grace, 10);
        await live.SweepAsync(LiveKind.Boost, grace, 10);
        Assert.Equal((0, 0), (live.CountOf(LiveKind.Block), live.CountOf(LiveKind.Boost)));
        var trail = (await _file.AuditAsync(long.MaxValue, 4))!;
        Assert.All(trail, change => Assert.Equal(("expiry", true), (change.Who, change.Deleted)));
        Assert.Null(await _file.RecallAsync(trail[0].Version));
        Assert.NotNull(await _file.RecallAsync(first));
    }

    [Fact]
    public async Task A_store_deletes_nothing_that_is_not_there_and_an_exact_change_only_by_the_version_known()
    {
        Assert.Equal(LiveOutcome.Absent, (await _file.WriteAsync(LiveKind.Tenant, "acme", null, "me", null, At(0))).Outcome);
        Assert.Equal(0, (await _file.ReadAsync(LiveVersion.Unknown))!.Version.Number);
        await _file.WriteAsync(LiveKind.Tenant, "acme", "{}", "me", null, At(0));
        Assert.Equal(new LiveWrite(LiveOutcome.Outdated, 1), await _file.WriteAsync(LiveKind.Tenant, "b", "{}", "me", null, At(0), exact: true));
        Assert.Equal(new LiveWrite(LiveOutcome.Written, 2), await _file.WriteAsync(LiveKind.Tenant, "b", "{}", "me", null, At(1), exact: true));
    }
}
