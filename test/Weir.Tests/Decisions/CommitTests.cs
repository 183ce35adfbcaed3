using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Decisions;

/// <summary>What a commit answers of permits.</summary>
public sealed class CommitTests
{
    private static readonly PolicySet Policies = PolicyDocument.Parse(
        """
        defaultPlan: streams
        plans:
          streams: { limits: { streams: { concurrency: { limit: 3, lease: 60s } } } }
          both: { limits: { per-key: { rate: 100/h, burst: 1x }, streams: { concurrency: { limit: 3, lease: 60s } } } }
        tenants:
          acme: { plan: streams }
          globex: { plan: both }
        """,
        "test");

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
    private readonly Reservations _reservations;

    public CommitTests()
    {
        var store = new MemoryStore(new MemoryStoreOptions { MaxKeys = 1024 }, _time);
        _reservations = new Reservations(new RateLimiter(Policies, store, _time), store, store);
    }

    [Theory]
    [InlineData("acme", 1)]
    [InlineData("acme", 7)]
    [InlineData("globex", 1)]
    public async Task A_commit_answers_that_its_permit_is_free(string tenant, long cost)
    {
        string id = await ReserveAsync(tenant);

        Assert.Equal((3, TimeSpan.Zero), await CommitAsync(id, cost));
        Assert.Equal((3, TimeSpan.Zero), await CommitAsync(id, cost));
    }

    [Fact]
    public async Task A_commit_counts_the_permits_that_others_hold_still()
    {
        string first = await ReserveAsync("acme");
        _time.Advance(TimeSpan.FromSeconds(10));
        string second = await ReserveAsync("acme");

        Assert.Equal((2, TimeSpan.FromSeconds(50)), await CommitAsync(second, 1));
        Assert.Equal((3, TimeSpan.Zero), await CommitAsync(first, 1));
    }

    [Fact]
    public async Task A_commit_after_the_lease_frees_no_permit_of_another()
    {
        string id = await ReserveAsync("acme", TimeSpan.FromHours(1));
        _time.Advance(TimeSpan.FromSeconds(61));
        await ReserveAsync("acme");

        Assert.Equal((2, TimeSpan.FromSeconds(60)), await CommitAsync(id, 1));
    }

    private async Task<string> ReserveAsync(string tenant, TimeSpan? life = null) =>
        (await _reservations.ReserveAsync(new RequestFacts(tenant, "k", 1), life ?? TimeSpan.FromMinutes(1))).Id!;

    /// <summary>What it says of permits.</summary>
    private async Task<(long Remaining, TimeSpan ResetAfter)> CommitAsync(string id, long cost)
    {
        var permits = (await _reservations.CommitAsync(id, cost)).Decision!.Value.Limits().Single(line => line.Limit.Name == "streams");
        return (permits.Remaining, permits.ResetAfter);
    }
}
