using CsCheck;
using StackExchange.Redis;
using Weir.Simulation;
using Weir.Testing;

namespace Weir.Redis.Tests.Simulation;

/// <summary>The model that leases are simulated with is what the script does.</summary>
public sealed class ScriptModelTests : IAsyncLifetime
{
    private static readonly TimeSpan Horizon = TimeSpan.FromMilliseconds(20);

    private ITestRedis _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private Batcher _batcher = null!;
    private int _keys;

    public async ValueTask InitializeAsync()
    {
        _server = await TestRedis.StartAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_server.Endpoint);
        _batcher = new Batcher(new RedisWire(_connection), TimeSpan.FromSeconds(10), TimeProvider.System, new ThreadPump());
    }

    public async ValueTask DisposeAsync()
    {
        _batcher.Dispose();
        await _connection.DisposeAsync();
        await _server.DisposeAsync();
    }

    private async ValueTask<BucketResult> AskAsync(BucketCommand command, byte[] key, LeaseTrip trip, long horizonUs)
    {
        var take = PendingCommand.Of(command, trip);
        take.Arguments.Add(key);
        take.WriteNumbers(redisUs: 0, horizonUs, answerBytes: 0);
        Assert.True(_batcher.TryAsk(take, out _));
        await take.Arrival;
        return take.Take();
    }

    [Fact]
    public Task L8_takes_leases_and_returns_agree_with_the_script_to_the_unit() => Gen
        .Select(Gen.Long[1, 3_000], Gen.Long[1, 3_000], Gen.Select(Gen.Int[0, 3], Gen.Long[1, 60], Gen.Long[0, 100], Gen.Long[0, 100], Gen.Long[-1_000_000_000_000, 40_000].Select(Gen.Long[0, 40_000], Gen.Bool).Select((any, past, isPast) => isPast ? past : any)).Array[3, 15])
        .SampleAsync(
            async (perSecond, capacity, steps) =>
            {
                var quota = TokenQuota.Create(perSecond, TimeSpan.FromSeconds(1), capacity);
                var limit = new Limit("l", Array.Empty<string>(), quota);
                byte[] key = System.Text.Encoding.UTF8.GetBytes($"weir:{{m}}:{_keys++}");
                var model = new ScriptModel(quota, Horizon.Ticks / TimeSpan.TicksPerMicrosecond);
                long nowUs = 0;
                foreach (var (kind, cost, wanted, back, age) in steps)
                {
                    var limits = new Plan("p", [limit], OnOutage.Local).Resolve(new RequestFacts("m", "k", kind == 0 ? 0 : cost));
                    var command = new BucketCommand(limits, kind == 0 ? BucketOperation.Charge : BucketOperation.Take);
                    var trip = LeaseTrip.Of(null, command);
                    var wish = new LeaseWish(wanted, back, nowUs - age);
                    trip.Ask(0, wish, 0);
                    var answer = await AskAsync(command, key, trip, Horizon.Ticks / TimeSpan.TicksPerMicrosecond);
                    Assert.Equal(StoreFault.None, answer.Fault);
                    nowUs = answer.NowUs;
                    if (kind == 0)
                        model.Return(wish, nowUs);
                    else
                    {
                        var reply = model.Take(cost, wish, nowUs);
                        Assert.Equal(reply.Line.Outcome, answer.Outcome);
                        Assert.Equal(TokenBucket.SpentAt(quota.Rate, model.State, nowUs), TokenBucket.SpentAt(quota.Rate, answer.State, nowUs) + quota.UnitsOf(reply.Leased));
                    }

                    var look = new BucketCommand(limits with { Facts = limits.Facts with { Cost = 0 } }, BucketOperation.Check);
                    var seen = await AskAsync(look, key, LeaseTrip.Of(null, look), 0);
                    Assert.Equal(TokenBucket.SpentAt(quota.Rate, model.State, seen.NowUs), TokenBucket.SpentAt(quota.Rate, seen.State, seen.NowUs));
                    nowUs = seen.NowUs;
                }
            },
            iter: 100,
            threads: 1);
}
