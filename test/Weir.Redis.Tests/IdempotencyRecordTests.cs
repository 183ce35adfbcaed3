using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>
/// Which answers are kept under an idempotency key, the same in memory and in Redis: those that changed something.
/// </summary>
public sealed class IdempotencyRecordTests : IAsyncLifetime
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(1), 10);

    private ITestRedis _redis = null!;
    private RedisStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await TestRedis.StartAsync();
        _store = new RedisStore(new RedisOptions { Endpoints = _redis.Endpoint, Deadline = TimeSpan.FromSeconds(5) }, TimeProvider.System);
        Assert.True(await _store.WaitUntilConnectedAsync(TimeSpan.FromSeconds(10)), _store.LastError);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private IBucketStore StoreOf(string name) => name == "redis" ? _store : Some.Memory(TimeProvider.System);

    /// <summary>The limits of a tenant: a bucket, or a window, or both.</summary>
    private static LimitSet Request(string kind, string key, long cost)
    {
        Assert.True(WindowQuota.TryCreate(10, WindowUnit.Year, "UTC", out var window, out string? error), error);
        var bucket = new Limit("bucket", [Limit.KeyDimension], Slow);
        var year = new Limit("year", [Limit.KeyDimension], window);
        Limit[] limits = kind switch { "bucket" => [bucket], "window" => [year], _ => [bucket, year] };
        return new Plan("p", [.. limits], OnOutage.Local).Resolve(new RequestFacts("default", key, cost)) with { TenantIsListed = true };
    }

    private static ValueTask<BucketResult> Refund(IBucketStore store, LimitSet limits, uint id, long cost) =>
        store.AskAsync(new BucketCommand(limits with { Facts = limits.Facts with { Cost = -cost } }, BucketOperation.Charge) { RecordKey = new RecordKey(id, 7) { Text = [1, 2, 3] } });

    [Theory]
    [InlineData("memory", "bucket")]
    [InlineData("memory", "window")]
    [InlineData("memory", "both")]
    [InlineData("redis", "bucket")]
    [InlineData("redis", "window")]
    [InlineData("redis", "both")]
    public async Task A_refund_that_changes_nothing_is_not_kept(string name, string kind)
    {
        var store = StoreOf(name);
        var limits = Request(kind, "untouched", 4);
        Assert.Equal(StoreFault.None, (await Refund(store, limits, 1, 4)).Fault);
        Assert.Null((await store.RecallAsync("default", 1)).Kept);
        // And so it is made when there is something to give back.
        Assert.Equal(BucketOutcome.Allowed, (await store.TakeAsync(limits)).Outcome);
        Assert.False((await Refund(store, limits, 1, 4)).IsRemembered);
        Assert.NotNull((await store.RecallAsync("default", 1)).Kept);
        Assert.Equal(0, (await store.CheckAsync(limits with { Facts = limits.Facts with { Cost = 0 } }))[0].State.Spent);
    }

    [Theory]
    [InlineData("memory", "bucket")]
    [InlineData("memory", "window")]
    [InlineData("memory", "both")]
    [InlineData("redis", "bucket")]
    [InlineData("redis", "window")]
    [InlineData("redis", "both")]
    public async Task A_refund_that_changes_something_is_made_once(string name, string kind)
    {
        var store = StoreOf(name);
        var limits = Request(kind, "spent", 9);
        await store.TakeAsync(limits);
        for (int i = 0; i < 3; i++)
            Assert.Equal(i > 0, (await Refund(store, limits, 1, 2)).IsRemembered);
        Assert.Equal(BucketOutcome.Refused, (await store.TakeAsync(limits with { Facts = limits.Facts with { Cost = 4 } })).Outcome);
        Assert.Equal(BucketOutcome.Allowed, (await store.TakeAsync(limits with { Facts = limits.Facts with { Cost = 3 } })).Outcome);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("redis")]
    public async Task A_reservation_that_is_settled_without_a_change_is_settled(string name)
    {
        var store = StoreOf(name);
        var limits = Request("both", "reserved", 4);
        await store.AskAsync(new BucketCommand(limits, BucketOperation.Take) { RecordKey = new RecordKey(1, 7) { Open = TimeSpan.FromMinutes(1) } });
        var settled = limits with { Facts = limits.Facts with { Cost = 0 } };
        Assert.Equal(StoreFault.None, (await store.AskAsync(new BucketCommand(settled, BucketOperation.Charge) { RecordKey = new RecordKey(1, 8) { Settles = true } })).Fault);
        Assert.Equal(StoreFault.Conflict, (await store.AskAsync(new BucketCommand(settled, BucketOperation.Charge) { RecordKey = new RecordKey(1, 9) { Settles = true } })).Fault);
        Assert.True((await store.AskAsync(new BucketCommand(settled, BucketOperation.Charge) { RecordKey = new RecordKey(1, 8) { Settles = true } })).IsRemembered);
    }

    [Theory]
    [InlineData("bucket")]
    [InlineData("window")]
    [InlineData("both")]
    public async Task L8_a_take_is_undone_in_Redis_when_nobody_counts_on_its_record_any_more(string kind)
    {
        var take = new BucketCommand(Request(kind, "undone", 4), BucketOperation.Take) { RecordKey = new RecordKey(1, 7) };
        var first = await _store.AskAsync(take);
        Assert.True((await _store.AskAsync(take)).IsRemembered);

        Assert.True((await UndoAsync(2)).IsKept);
        // The same again takes no other caller off.
        Assert.True((await UndoAsync(2)).IsKept);
        Assert.True((await _store.AskAsync(take)).IsRemembered);
        Assert.True((await UndoAsync(3)).IsKept);
        Assert.NotNull((await _store.RecallAsync("default", 1)).Kept);

        Assert.Equal((StoreFault.None, false), await UndoAsync(4) is var last ? (last.Fault, last.IsKept) : default);
        Assert.Null((await _store.RecallAsync("default", 1)).Kept);
        Assert.Equal(0, (await _store.CheckAsync(take.Limits with { Facts = take.Limits.Facts with { Cost = 0 } }))[0].State.Spent);
        Assert.Equal(StoreFault.Gone, (await UndoAsync(5)).Fault);

        ValueTask<BucketResult> UndoAsync(uint name) => _store.AskAsync(UndoCommand.Of(take.Limits, first) with
        {
            RecordKey = new RecordKey(name, name) { Undoes = (1, first.NowUs, false) },
        });
    }

    [Theory]
    [InlineData(1_048_574, 1_048_575)]
    [InlineData(1_048_575, 1_048_575)]
    public async Task L10_a_record_counts_a_million_callers_and_changes_its_time_for_none(int counted, int expected)
    {
        const string Count =
            "local key = redis.call('KEYS', '*~memo*')[1] local v = redis.call('GET', key) "
            + "local n = struct.unpack('<d', v, 34) + ARGV[1] if tonumber(ARGV[1]) == 0 then return n % 2^20 end "
            + "redis.call('SET', key, string.sub(v, 1, 33) .. struct.pack('<d', n) .. string.sub(v, 42), 'KEEPTTL') "
            + "return n - n % 2^20";
        var take = new BucketCommand(Request("bucket", "busy", 4), BucketOperation.Take) { RecordKey = new RecordKey(1, 7) };
        await _store.AskAsync(take);
        string time = await _redis.CommandAsync("EVAL", Count, "0", $"{counted}");
        Assert.True((await _store.AskAsync(take)).IsRemembered);
        Assert.Equal($"{expected}", (await _redis.CommandAsync("EVAL", Count, "0", "0")).Trim());
        Assert.Equal(time, await _redis.CommandAsync("EVAL", Count, "0", "1e-9"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(9)]
    public async Task L8_a_reservation_that_was_settled_is_not_undone(long cost)
    {
        var take = new BucketCommand(Request("bucket", "settled", 4), BucketOperation.Take)
        {
            RecordKey = new RecordKey(1, 7) { Open = TimeSpan.FromMinutes(1) },
        };
        var first = await _store.AskAsync(take);
        var commit = take.Limits with { Facts = take.Limits.Facts with { Cost = cost - 4 } };
        await _store.AskAsync(new BucketCommand(commit, BucketOperation.Charge) { RecordKey = new RecordKey(1, 8) { Settles = true } });

        var undo = UndoCommand.Of(take.Limits, first) with { RecordKey = new RecordKey(2, 2) { Undoes = (1, first.NowUs, true) } };
        Assert.True((await _store.AskAsync(undo)).IsKept);
        long spent = (await _store.CheckAsync(take.Limits with { Facts = take.Limits.Facts with { Cost = 0 } }))[0].State.Spent;
        Assert.Equal(cost, (spent + (Slow.Rate.UnitsPerToken / 2)) / Slow.Rate.UnitsPerToken);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("redis")]
    public async Task L10_ten_thousand_refunds_of_nothing_leave_nothing(string name)
    {
        var store = StoreOf(name);
        for (uint i = 1; i <= 10_000; i += 100)
            await Task.WhenAll(Enumerable.Range((int)i, 100).Select(id => Refund(store, Request("bucket", $"k{id % 7}", 1), (uint)id, 3).AsTask()));
        if (name == "redis")
            Assert.DoesNotContain("memo", await _redis.CommandAsync("KEYS", "*"), StringComparison.Ordinal);
        Assert.Equal(0, (await Task.WhenAll(Enumerable.Range(1, 10_000).Select(async id => (await store.RecallAsync("default", (UInt128)id)).Kept))).Count(kept => kept is not null));
    }
}
