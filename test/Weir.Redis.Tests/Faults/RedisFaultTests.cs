using Weir.Testing;

namespace Weir.Redis.Tests.Faults;

/// <summary>What callers see when a real Redis fails under them (law L6).</summary>
public sealed class RedisFaultTests
{
    public static TheoryData<string> Faults => [.. RedisFault.All.Keys];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task L6_A_Redis_that_fails_under_load_is_replaced_by_memory_until_it_is_back(string name)
    {
        var fault = RedisFault.All[name];
        await using var server = await TestRedis.StartProcessAsync(fault.Arguments);
        await using var load = new StoreUnderLoad(server.Endpoint, PasswordOf(fault));
        await load.UntilRedisDecidesAsync();
        int before = load.OutagesBegan;

        await fault.Break(server);
        await load.UntilOutageAsync();
        var meanwhile = await load.ListenAsync(100);

        Assert.NotNull(load.Outage);
        Assert.All(meanwhile.Skip(meanwhile.Count / 2), seen => Assert.Equal((DecisionSource.Memory, true), (seen.Answer.Source, seen.Answer.Degraded)));
        await fault.Mend(server);
        await load.UntilRedisDecidesAsync();
        Assert.Null(load.Outage);
        Assert.Equal((before + 1, before + 1), (load.OutagesBegan, load.OutagesEnded));
        AssertAllAnswered(load);
    }

    [Theory]
    [InlineData("SCRIPT", "FLUSH")]
    [InlineData("FLUSHALL")]
    public async Task L6_What_is_only_forgotten_is_mended_in_place_and_is_no_outage(params string[] command)
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var load = new StoreUnderLoad(server.Endpoint);
        await load.UntilRedisDecidesAsync();
        int before = load.OutagesBegan;

        for (int i = 0; i < 10; i++)
        {
            await server.CommandAsync(command);
            var after = await load.ListenAsync(40);
            Assert.Contains(after, seen => seen.Answer.Source == DecisionSource.Redis);
        }

        Assert.Equal((before, BreakerState.Closed), (load.OutagesBegan, load.State));
        AssertAllAnswered(load);
    }

    [Fact]
    public async Task L6_A_Redis_that_comes_after_the_store_decides_from_then_on()
    {
        await using var server = await TestRedis.StartProcessAsync();
        server.Kill();
        await using var load = new StoreUnderLoad(server.Endpoint);
        var meanwhile = await load.ListenAsync(100);
        Assert.All(meanwhile, seen => Assert.Equal((DecisionSource.Memory, true), (seen.Answer.Source, seen.Answer.Degraded)));

        await server.RestartAsync();

        await load.UntilRedisDecidesAsync();
        AssertAllAnswered(load);
    }

    [Fact]
    public async Task L6_A_port_where_nothing_listens_is_an_outage_that_lasts()
    {
        await using var load = new StoreUnderLoad($"127.0.0.1:{FreePort.Next()}");

        await load.UntilOutageAsync();
        await load.ListenAsync(200);

        Assert.Equal((1, 0), (load.OutagesBegan, load.OutagesEnded));
        Assert.All(load.Answers, seen => Assert.Equal(DecisionSource.Memory, seen.Answer.Source));
        AssertAllAnswered(load);
    }

    [Fact]
    public async Task L6_A_wrong_password_is_an_outage_that_ends_when_it_is_the_right_one()
    {
        await using var server = await TestRedis.StartProcessAsync("--requirepass", "secret");
        await using var load = new StoreUnderLoad(server.Endpoint, "mistaken");
        await load.UntilOutageAsync();
        await load.ListenAsync(100);
        Assert.DoesNotContain("mistaken", load.LastError ?? "", StringComparison.Ordinal);

        await server.RestartAsync("--requirepass", "mistaken");

        await load.UntilRedisDecidesAsync();
        AssertAllAnswered(load);
    }

    private static string? PasswordOf(RedisFault fault) => fault.Arguments.Length == 0 ? null : fault.Arguments[1];

    private static void AssertAllAnswered(StoreUnderLoad load) => Assert.All(load.Answers, seen =>
    {
        Assert.Equal(StoreFault.None, seen.Answer.Fault);
        Assert.Equal(seen.Answer.Source == DecisionSource.Memory, seen.Answer.Degraded);
        Assert.InRange(seen.Took, TimeSpan.Zero, StoreUnderLoad.Latest);
    });
}
