using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Leases;

/// <summary>
/// Several instances that lease from one real Redis. Their clock stands between the steps of a test, so that however slow the machine is they are busy
/// enough to lease, and a lease ends when the test says so.
/// </summary>
public sealed class LeasedStoreTests : IAsyncLifetime
{
    private const int Instances = 3;

    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromHours(1), 6_000);

    /// <summary>Longer than a lease lives and a refusal is remembered.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(1);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly RedisStore[] _stores = new RedisStore[Instances];
    private ITestRedis _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await TestRedis.StartAsync();
        for (int i = 0; i < Instances; i++)
            _stores[i] = await OpenAsync();
    }

    private async Task<RedisStore> OpenAsync()
    {
        var options = new RedisOptions { Endpoints = _server.Endpoint, Deadline = Until.Patience, LeaseHorizon = TimeSpan.FromMilliseconds(20) };
        var store = new RedisStore(options, _time);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience));
        return store;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores)
            await store.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static LimitSet Request(bool strict, long cost = 1, params Limit[] others) => new Plan(
        "p", [new Limit("l", Array.Empty<string>(), Slow) { IsStrict = strict }, .. others], OnOutage.Local).Resolve(new RequestFacts("t", "k", cost));

    /// <summary>Takes as fast as may be until nothing comes any more, at all instances at once, and says how much came.</summary>
    private async Task<long> TakeAllAsync(LimitSet request)
    {
        long taken = 0, last = -1;
        while (taken != last)
        {
            last = taken;
            long began = await RedisUsAsync(_stores[0]);
            long[] each = await Task.WhenAll(_stores.Select(store => Task.Run(() => TakeUntilRefusedAsync(store, request))));
            taken += each.Sum();
            await EndLeasesAsync(began);
        }

        return taken;
    }

    private static async Task<long> TakeUntilRefusedAsync(RedisStore store, LimitSet request)
    {
        long taken = 0;
        for (int refused = 0; refused < 20;)
        {
            var answer = await store.TakeAsync(request);
            Assert.Equal(StoreFault.None, answer.Fault);
            bool allowed = answer.Outcome == BucketOutcome.Allowed;
            taken += allowed ? request.Facts.Cost : 0;
            refused += allowed ? 0 : 1;
        }

        return taken;
    }

    /// <summary>What was leased since then and not used is given back, and what was refused is asked again.</summary>
    private async Task EndLeasesAsync(long beganUs)
    {
        _time.Advance(Long);
        await Until.TrueAsync(() => _stores.All(store => store.LeasesOut == 0), () => "leases do not end");
        // Redis has what a store gave back when it answers what the store asks next.
        foreach (var store in _stores)
            await RedisUsAsync(store);
        // What comes back while a lease is out is there when as much has come back again.
        long endedUs = await RedisUsAsync(_stores[0]);
        while (await RedisUsAsync(_stores[0]) < endedUs + (endedUs - beganUs))
            await Task.Yield();
    }

    /// <summary>The time of Redis.</summary>
    private static async Task<long> RedisUsAsync(RedisStore store) => (await store.CheckAsync(Request(strict: true, 0))).NowUs;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task L1_and_L13_instances_that_lease_take_all_there_is_and_not_a_token_more(long cost)
    {
        long taken = await TakeAllAsync(Request(strict: false, cost));
        Assert.True(_stores.Sum(store => store.DecidedLocally) > 1_000, "nothing was decided by leases");
        Assert.Equal(Slow.Capacity / cost * cost, taken);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task L1_and_L13_instances_that_lease_in_two_units_take_all_there_is_of_the_scarcer_one(long tokens)
    {
        var scarce = new Limit("tokens", Array.Empty<string>(), TokenQuota.Create(1, TimeSpan.FromHours(1), 3_000)) { Unit = "tokens" };
        var request = Request(strict: false, 1, scarce);
        request = request with { Facts = request.Facts with { Costs = new Dictionary<string, long> { ["tokens"] = tokens } } };
        Assert.Equal(3_000 / tokens, await TakeAllAsync(request));
        Assert.True(_stores.Sum(store => store.DecidedLocally) > 300, "nothing was decided by leases");
        Assert.Equal(Slow.Capacity - (3_000 / tokens), await TakeAllAsync(Request(strict: false)));
    }

    [Fact]
    public async Task L2_a_request_over_two_limits_is_decided_locally_only_by_both()
    {
        var few = new Limit("few", Array.Empty<string>(), TokenQuota.Create(1, TimeSpan.FromHours(1), 2_000));
        Assert.Equal(2_000, await TakeAllAsync(Request(strict: false, 1, few)));
        Assert.True(_stores.Sum(store => store.DecidedLocally) > 300, "nothing was decided by leases");
        Assert.Equal(4_000, await TakeAllAsync(Request(strict: false)));
    }

    [Fact]
    public async Task Of_a_strict_limit_nothing_is_leased()
    {
        Assert.Equal(Slow.Capacity, await TakeAllAsync(Request(strict: true)));
        Assert.Equal(0, _stores.Sum(store => store.DecidedLocally));
    }

    [Fact]
    public async Task A_check_sees_what_its_own_instance_has_leased_also_where_that_alone_is_too_little()
    {
        await using var leasing = await OpenAsync();
        int taken = 0;
        for (; leasing.LeasesOut == 0; taken++)
            Assert.Equal(BucketOutcome.Allowed, (await leasing.TakeAsync(Request(strict: false))).Outcome);

        var look = await _stores[1].CheckAsync(Request(strict: true, 0));
        long left = Slow.TokensLeft(look.State, look.Time), leased = Slow.Capacity - taken - left;
        Assert.Equal(BucketOutcome.Allowed, (await _stores[1].TakeAsync(Request(strict: true, left - 1))).Outcome);
        Assert.InRange(leased, 1, Slow.Capacity);
        Assert.Equal(BucketOutcome.Allowed, (await leasing.CheckAsync(Request(strict: false, leased + 1))).Outcome);
        Assert.Equal(BucketOutcome.Refused, (await leasing.CheckAsync(Request(strict: false, leased + 2))).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await leasing.TakeAsync(Request(strict: false, leased + 1))).Outcome);
    }

    [Fact]
    public async Task An_instance_that_leaves_returns_its_leases_at_once_and_takes_no_more()
    {
        await using var leaving = await OpenAsync();
        int taken = 0;
        for (; leaving.LeasesOut == 0; taken++)
            Assert.Equal(BucketOutcome.Allowed, (await leaving.TakeAsync(Request(strict: false))).Outcome);

        await leaving.ReturnLeasesAsync();

        var look = await _stores[1].CheckAsync(Request(strict: true, 0));
        Assert.InRange(Slow.TokensLeft(look.State, look.Time), Slow.Capacity - taken, Slow.Capacity);
        long before = leaving.DecidedLocally;
        for (int i = 0; i < 100; i++)
            Assert.Equal(BucketOutcome.Allowed, (await leaving.TakeAsync(Request(strict: false))).Outcome);
        Assert.Equal((0, before), (leaving.LeasesOut, leaving.DecidedLocally));
    }

    [Fact]
    public async Task A_refusal_is_remembered_also_of_a_bucket_that_is_not_busy()
    {
        await _stores[0].TakeAsync(Request(strict: false, Slow.Capacity));
        Assert.Equal(BucketOutcome.Refused, (await _stores[1].TakeAsync(Request(strict: false))).Outcome);
        Assert.Equal(BucketOutcome.Refused, (await _stores[1].TakeAsync(Request(strict: false))).Outcome);
        Assert.Equal(1, _stores[1].DecidedLocally);
    }

    [Fact]
    public async Task L12_what_is_spent_and_leased_stays_spent_while_a_limit_becomes_one_of_another_kind_and_back()
    {
        Assert.True(WindowQuota.TryCreate(Slow.Capacity, WindowUnit.Year, "UTC", out var year, out _));
        Quota[] kinds = [Slow, year];
        long taken = 0;
        await Task.WhenAll(_stores.Select((store, number) => Task.Run(async () =>
        {
            var random = new Random(number);
            for (int turn = 0; turn < 60; turn++)
            {
                var quota = kinds[random.Next(2)];
                var request = new Plan("p", [new Limit("l", Array.Empty<string>(), quota)], OnOutage.Local).Resolve(new RequestFacts("t", "k", 1));
                for (int i = random.Next(100); i > 0; i--)
                    Interlocked.Add(ref taken, (await store.TakeAsync(request)).Outcome == BucketOutcome.Allowed ? 1 : 0);
            }
        })));
        Assert.True(_stores.Sum(store => store.DecidedLocally) > 100, "nothing was decided by leases");
        Assert.InRange(taken, 1, Slow.Capacity);
    }

    [Fact]
    public async Task An_instance_that_stops_leaves_nothing_leased_behind()
    {
        long taken = 0;
        await using (var stopping = await OpenAsync())
        {
            for (int i = 0; i < 1_000; i++)
                taken += (await stopping.TakeAsync(Request(strict: false))).Outcome == BucketOutcome.Allowed ? 1 : 0;
        }

        var check = await _stores[1].CheckAsync(Request(strict: false, 0));
        Assert.Equal(Slow.Capacity - taken, Slow.TokensLeft(check.State, check.Time));
    }

    /// <summary>Redis counts tokens on lease as spent, and cannot tell them from tokens that were handed out.</summary>
    [Fact]
    public async Task L1_a_refund_of_more_than_was_spent_erases_no_more_than_what_is_leased()
    {
        var request = Request(strict: false);
        long before = 0;
        while (_stores[0].LeasesOut == 0)
        {
            Assert.Equal(BucketOutcome.Allowed, (await _stores[0].TakeAsync(request)).Outcome);
            before++;
        }

        var check = await _stores[1].CheckAsync(Request(strict: false, 0));
        long leased = Slow.Capacity - Slow.TokensLeft(check.State, check.Time) - before;
        Assert.InRange(leased, 1, Slow.Capacity / 4);
        long refund = 2 * Slow.Capacity;
        await _stores[1].AskAsync(new BucketCommand(Request(strict: false, -refund), BucketOperation.Charge));

        long after = await TakeAllAsync(request);

        Assert.InRange(after, Slow.Capacity, Slow.Capacity + leased);
        Assert.InRange(before + after - refund, long.MinValue, Slow.Capacity);
    }

    [Fact]
    public async Task What_is_given_back_is_seen_at_once_where_it_is_given_back_and_in_a_moment_elsewhere()
    {
        await TakeAllAsync(Request(strict: false));
        var refund = new BucketCommand(Request(strict: false, -100), BucketOperation.Charge);
        await _stores[0].AskAsync(refund);
        Assert.Equal(BucketOutcome.Allowed, (await _stores[0].TakeAsync(Request(strict: false))).Outcome);
        // Time for the message, and none by which a refusal would be forgotten.
        _time.Advance(GivenBackNotice.Interval);
        await Until.TrueAsync(
            async () => (await _stores[1].TakeAsync(Request(strict: false))).Outcome == BucketOutcome.Allowed, () => "the refund is not known elsewhere");
    }
}
