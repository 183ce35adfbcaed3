using System.Globalization;
using System.Text;
using CsCheck;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>Idempotency records and reservations have a bound in bytes per tenant, in memory and in Redis.</summary>
public sealed class StoredAnswersTests : IAsyncLifetime
{
    private const int Bound = 100_000;
    private const string Account = "weir:{acme}:~answers";

    private static readonly TokenQuota Wide = TokenQuota.Create(1, TimeSpan.FromDays(1), 20_000);

    private ITestRedis _redis = null!;
    private RedisStore _store = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await TestRedis.StartAsync();
        var options = new RedisOptions { Endpoints = _redis.Endpoint, Deadline = Until.Patience, AnswerBytes = Bound };
        _store = new RedisStore(options, TimeProvider.System);
        Assert.True(await _store.WaitUntilConnectedAsync(Until.Patience), _store.LastError);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _redis.DisposeAsync();
    }

    private IBucketStore StoreOf(string name) => name == "redis" ? _store
        : new MemoryStore(new MemoryStoreOptions { MaxKeys = 10_000, AnswerBytes = Bound }, TimeProvider.System);

    private static BucketCommand Take(int id, string tenant = "acme", int text = 500, TimeSpan open = default) =>
        new(Some.Request("k", tenant: tenant, quota: Wide), BucketOperation.Take)
        {
            RecordKey = new RecordKey((UInt128)id, 7) { IsBounded = true, Open = open, Text = new byte[text] },
        };

    private static BucketCommand Settle(int id, string tenant = "acme", int text = 500) =>
        Take(id, tenant, text) with
        {
            What = BucketOperation.Charge,
            RecordKey = new RecordKey((UInt128)id, 8) { IsBounded = true, Settles = true, Text = new byte[text] },
        };

    private static BucketCommand Unbounded(int id, int text) =>
        Take(id) with { RecordKey = Take(id, text: text).RecordKey! with { IsBounded = false } };

    /// <summary>Takes until an answer finds no room. Returns how many found some.</summary>
    private static async Task<int> FillAsync(
        IBucketStore store, string tenant = "acme", int text = 500, TimeSpan open = default)
    {
        for (int id = 1; id < 10_000; id++)
        {
            var answer = await store.AskAsync(Take(id, tenant, text, open));
            if (answer.Fault == StoreFault.AnswersFull)
                return id - 1;
            Assert.Equal((StoreFault.None, BucketOutcome.Allowed), (answer.Fault, answer.Outcome));
        }

        throw new InvalidOperationException("there is no bound");
    }

    /// <summary>What the account of a tenant in Redis counts.</summary>
    private async Task<long> CountedAsync(string key = Account)
    {
        string sum = """
            local value, sum = redis.call('GET', KEYS[1]) or '', 0
            for at = 2, #value, 16 do sum = sum + select(2, struct.unpack('<dd', value, at)) end
            return string.format('%.0f', sum)
            """;
        return long.Parse(await _redis.CommandAsync("EVAL", sum, "1", key), CultureInfo.InvariantCulture);
    }

    /// <summary>What an account has to count: the records that are there.</summary>
    private async Task<long> StoredAsync()
    {
        string keys = await _redis.CommandAsync("KEYS", "weir:{acme}:~memo:*");
        long sum = 0;
        foreach (string key in keys.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            long size = long.Parse(await _redis.CommandAsync("STRLEN", key), CultureInfo.InvariantCulture);
            sum += BytesOf(key, size);
        }

        return sum;
    }

    [Theory]
    [InlineData("memory", 0)]
    [InlineData("memory", 500)]
    [InlineData("memory", 6_000)]
    [InlineData("redis", 0)]
    [InlineData("redis", 500)]
    [InlineData("redis", 6_000)]
    public async Task L10_a_tenant_has_as_many_answers_as_fit_and_nothing_is_spent_on_the_others(string name, int text)
    {
        var store = StoreOf(name);

        int kept = await FillAsync(store, text: text);

        Assert.InRange(kept, (Bound / (2 * (text + 400))) - 1, Bound / (text + 100));
        for (int id = kept + 1; id < kept + 20; id++)
            Assert.Equal(StoreFault.AnswersFull, (await store.AskAsync(Take(id, text: text))).Fault);
        var look = Some.Request("k", tenant: "acme", cost: 0, quota: Wide);
        var stands = await store.CheckAsync(look);
        Assert.Equal(kept, Wide.Capacity - Wide.TokensLeft(stands.State, stands.Time));
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("redis")]
    public async Task L9_a_tenant_without_room_changes_nothing_for_others_nor_for_takes_that_keep_nothing(string name)
    {
        var store = StoreOf(name);
        int kept = await FillAsync(store);

        Assert.Equal(kept, await FillAsync(store, tenant: "globex"));
        var plain = Take(1) with { RecordKey = null };
        var (fault, outcome) = await store.AskAsync(plain) is var taken ? (taken.Fault, taken.Outcome) : default;
        Assert.Equal((StoreFault.None, BucketOutcome.Allowed), (fault, outcome));
        Assert.True((await store.AskAsync(Take(1))).IsRemembered);
        var other = Take(1) with { RecordKey = Take(1).RecordKey! with { Fingerprint = 9 } };
        Assert.Equal(StoreFault.Conflict, (await store.AskAsync(other)).Fault);
    }

    [Theory]
    [InlineData("memory")]
    [InlineData("redis")]
    public async Task A_reservation_is_settled_though_there_is_no_room(string name)
    {
        var store = StoreOf(name);
        int kept = await FillAsync(store, open: TimeSpan.FromMinutes(1));

        for (int id = 1; id <= kept; id++)
            Assert.Equal(StoreFault.None, (await store.AskAsync(Settle(id))).Fault);

        Assert.Equal(StoreFault.AnswersFull, (await store.AskAsync(Take(kept + 1))).Fault);
        if (name == "redis")
            Assert.Equal(await StoredAsync(), await CountedAsync());
    }

    [Fact]
    public Task L10_an_account_counts_the_records_that_are_there() =>
        Gen.Select(Gen.Int[0, 3], Gen.Int[1, 12], Gen.Int[0, 900], Gen.Int[0, 86_400]).Array[1, 40].SampleAsync(
            async steps =>
            {
                await _redis.CommandAsync("FLUSHALL");
                var asked = new List<Task<BucketResult>>();
                foreach (var (what, id, text, seconds) in steps)
                {
                    // Some of them go together, so that a batch has several commands of one account.
                    asked.Add(_store.AskAsync(what switch
                    {
                        0 => Take(id, text: text),
                        1 => Take(id, text: text, open: TimeSpan.FromSeconds(seconds + 1)),
                        2 => Settle(id, text: text),
                        _ => Unbounded(id, text),
                    }).AsTask());
                    if (text % 3 == 0)
                        await Task.WhenAll(asked);
                }

                await Task.WhenAll(asked);
                Assert.Equal(await StoredAsync(), await CountedAsync() + await UnboundedAsync());
            },
            iter: 30,
            threads: 1);

    [Fact]
    public async Task An_account_lives_as_long_as_its_records_and_hardly_longer()
    {
        foreach (int seconds in (int[])[1, 600, 3_600, 86_400])
        {
            await _redis.CommandAsync("FLUSHALL");
            Assert.Equal(StoreFault.None, (await _store.AskAsync(Take(1, open: TimeSpan.FromSeconds(seconds)))).Fault);
            double record = Math.Max(seconds, 600) * 1000.0;
            long account = long.Parse(await _redis.CommandAsync("PTTL", Account), CultureInfo.InvariantCulture);
            Assert.InRange(account, record - 10_000, record * 1.125);
        }
    }

    [Theory]
    [InlineData("'\\2' .. string.rep('\\0', 16)")]
    [InlineData("'hello'")]
    [InlineData("'\\1' .. struct.pack('<dd', 0/0, 5)")]
    [InlineData("'\\1' .. struct.pack('<dd', 5, -5)")]
    [InlineData("'\\1' .. string.rep('x', 15)")]
    public async Task An_account_of_another_version_is_left_alone(string value)
    {
        await _redis.CommandAsync("EVAL", $"redis.call('SET', KEYS[1], {value})", "1", Account);
        const string Digest = "return redis.sha1hex(redis.call('GET', KEYS[1]))";
        string before = await _redis.CommandAsync("EVAL", Digest, "1", Account);

        Assert.Equal(StoreFault.Damaged, (await _store.AskAsync(Take(1))).Fault);
        Assert.Equal(StoreFault.None, (await _store.AskAsync(Take(1) with { RecordKey = null })).Fault);
        Assert.Equal(StoreFault.None, (await _store.AskAsync(Take(1, tenant: "globex"))).Fault);

        Assert.Equal(before, await _redis.CommandAsync("EVAL", Digest, "1", Account));
    }

    [Fact]
    public async Task A_take_that_keeps_nothing_adds_no_key()
    {
        await _store.AskAsync(Take(1) with { RecordKey = null });
        Assert.Equal("weir:{acme}:per-key:k", (await _redis.CommandAsync("KEYS", "*")).Trim());
    }

    /// <summary>The bytes that a record counts for.</summary>
    private static long BytesOf(string key, long size) =>
        (long)Math.Ceiling((Encoding.UTF8.GetByteCount(key) + size) * 1.25) + 160;

    /// <summary>The bytes of records that are not counted: they have the number of their later callers in place of a time.</summary>
    private async Task<long> UnboundedAsync()
    {
        string keys = await _redis.CommandAsync("KEYS", "weir:{acme}:~memo:*");
        long sum = 0;
        foreach (string key in keys.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            const string Size =
                "local v = redis.call('GET', KEYS[1]) return struct.unpack('<d', v, 34) >= 2^20 and 0 or #v";
            long size = long.Parse(await _redis.CommandAsync("EVAL", Size, "1", key), CultureInfo.InvariantCulture);
            sum += size == 0 ? 0 : BytesOf(key, size);
        }

        return sum;
    }
}
