using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

/// <summary>Takes that the primary does not answer in time, while it is there.</summary>
public sealed class LateTakeTests : IAsyncDisposable
{
    private static readonly TokenQuota Quota = TokenQuota.Create(100, TimeSpan.FromDays(1), 100);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly BreakerOptions _options = new();
    private readonly FakeStore _redis;
    private readonly FailoverStore _store;

    public LateTakeTests()
    {
        var peers = new FakePeers(_time);
        var own = peers.Join();
        for (int i = 0; i < 3; i++)
            peers.Join();
        _redis = new FakeStore(_time);
        _store = new FailoverStore(_redis, Some.Memory(_time), _options, _time, own);
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    private ValueTask<BucketResult> TakeAsync(long cost, string key = "k") => _store.TakeAsync(Some.Request(key, cost, quota: Quota));

    [Theory]
    [InlineData(26)]
    [InlineData(50)]
    [InlineData(100)]
    public async Task A_cost_beyond_the_outage_share_is_left_undecided_and_spends_nothing(long cost)
    {
        _redis.Fault = StoreFault.Late;
        var answer = await TakeAsync(cost);
        Assert.Equal((StoreFault.Late, true, 0), (answer.Fault, answer.Degraded, _store.Owing));
        // The whole share of 25 is still there.
        Assert.Equal(BucketOutcome.Allowed, (await TakeAsync(25)).Outcome);
    }

    [Fact]
    public async Task A_cost_within_the_outage_share_is_decided()
    {
        _redis.Fault = StoreFault.Late;
        Assert.Equal((StoreFault.None, BucketOutcome.Allowed, true), Said(await TakeAsync(25)));
        Assert.Equal((StoreFault.None, BucketOutcome.Refused, true), Said(await TakeAsync(1)));
    }

    [Fact]
    public async Task A_cost_beyond_the_bucket_never_fits()
    {
        _redis.Fault = StoreFault.Late;
        Assert.Equal((StoreFault.None, BucketOutcome.NeverFits, true), Said(await TakeAsync(101)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(26)]
    [InlineData(150)]
    public async Task L2_A_charge_is_never_refused_and_made_once_however_much_it_costs(long cost)
    {
        var limits = Some.Request("k", cost, quota: Quota);
        _redis.Fault = StoreFault.Late;
        Assert.Equal((StoreFault.None, BucketOutcome.Allowed, true), Said(await _store.AskAsync(new BucketCommand(limits, BucketOperation.Charge))));

        _redis.Fault = StoreFault.None;
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal(0, _store.Owing);
        Assert.InRange(Assert.Single(_redis.Charged), Quota.UnitsOf(cost) - (200_000 * Quota.Rate.UnitsPerTick), Quota.UnitsOf(cost));
    }

    [Fact]
    public async Task In_an_outage_a_cost_beyond_the_share_is_refused()
    {
        _redis.Fault = StoreFault.Late;
        for (int i = 0; i < _options.FailuresInARow; i++)
        {
            await TakeAsync(1, $"other{i}");
            _time.Advance(_options.Silence);
        }

        Assert.Equal(BreakerState.Open, _store.State);
        Assert.Equal((StoreFault.None, BucketOutcome.Refused, true), Said(await TakeAsync(50)));
    }

    private static (StoreFault, BucketOutcome, bool) Said(in BucketResult answer) => (answer.Fault, answer.Outcome, answer.Degraded);
}
