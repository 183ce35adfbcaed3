using Weir.Testing;

namespace Weir.Redis.Tests;

public sealed class SettlementOnRedisTests() : SettlementScriptTests(TestRedis.StartAsync);

public sealed class SettlementOnGarnetTests() : SettlementScriptTests(async () => await GarnetServer.StartAsync());

/// <summary>Charges in units, and what is restored to a Redis that lost its memory.</summary>
public abstract class SettlementScriptTests(Func<Task<ITestRedis>> start) : IAsyncLifetime
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(300), 100);

    private ITestRedis _server = null!;
    private RedisStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await start();
        _store = new RedisStore(new RedisOptions { Endpoints = _server.Endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        Assert.True(await _store.WaitUntilConnectedAsync(Until.Patience));
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static LimitSet Day()
    {
        Assert.True(WindowQuota.TryCreate(100, WindowUnit.Year, "UTC", out var year, out _));
        return new Plan("p", [new Limit("yearly", [Limit.KeyDimension], year)], OnOutage.Local).Resolve(new RequestFacts("t", "k", 1));
    }

    private async Task<long> SpentAsync(LimitSet limits)
    {
        var answer = await _store.CheckAsync(limits with { Facts = limits.Facts with { Cost = 0 } });
        Assert.Equal(StoreFault.None, answer.Fault);
        return answer.State.Spent;
    }

    private async Task SettleAsync(LimitSet limits, long units, UInt128? id = null)
    {
        var charge = new SettlementCharge(SettlementCharge.AloneAndPlain(limits, limits.First), units, id ?? RecordKey.NewId());
        Assert.Equal(StoreFault.None, (await _store.AskAsync(charge.ToCommand())).Fault);
    }

    private async Task RestoreAsync(LimitSet limits, long units) =>
        Assert.Equal(StoreFault.None, (await _store.AskAsync(SettlementCharge.Restore(limits, units))).Fault);

    /// <summary>Nothing to speak of drains of it.</summary>
    private static void AssertNear(long units, long actual) => Assert.InRange(actual, units - 60_000_000, units);

    [Fact]
    public async Task A_settlement_charges_units_and_not_tokens_once_under_its_name_and_above_the_capacity_if_need_be()
    {
        var limits = Some.Request(quota: Slow);
        long token = Slow.Rate.UnitsPerToken;
        await SettleAsync(limits, (2 * token) + 77_000_000, 5);
        await SettleAsync(limits, (2 * token) + 77_000_000, 5);
        AssertNear((2 * token) + 77_000_000, await SpentAsync(limits));
        await SettleAsync(limits, -token);
        AssertNear(token + 77_000_000, await SpentAsync(limits));
        await SettleAsync(limits, 150 * token);
        AssertNear((151 * token) + 77_000_000, await SpentAsync(limits));
        await SettleAsync(limits, -900 * token);
        Assert.Equal(0, await SpentAsync(limits));
    }

    [Fact]
    public async Task Of_a_window_units_are_tokens()
    {
        await SettleAsync(Day(), 7);
        await SettleAsync(Day(), -2);
        Assert.Equal(5, await SpentAsync(Day()));
    }

    [Theory]
    [InlineData(new long[] { 10, 30, 20 }, new long[] { 5, 1, 2 })]
    [InlineData(new long[] { 30, 30, 30 }, new long[] { 0, 0, 0 })]
    [InlineData(new long[] { 0, 0, 44 }, new long[] { 9, 9, 9 })]
    public async Task What_is_restored_is_the_most_that_anybody_knew_and_what_is_charged_in_between_comes_on_top(long[] known, long[] charged)
    {
        foreach (var (limits, unit) in new[] { (Some.Request(quota: Slow), Slow.Rate.UnitsPerToken), (Day(), 1) })
        {
            for (int i = 0; i < known.Length; i++)
            {
                await RestoreAsync(limits, known[i] * unit);
                await SettleAsync(limits, charged[i] * unit);
            }

            long expected = (known.Max() + charged.Sum()) * unit;
            Assert.InRange(await SpentAsync(limits), expected - (unit == 1 ? 0 : 60_000_000), expected);
        }
    }
}
