using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Seed;

/// <summary>The contract of <c>/limit/check</c> and <c>/limit/incr</c>, to the byte, under the policies that ship.</summary>
public sealed class SeedContractTests
{
    private const string FreshInMemory = """{"allowed":true,"remaining":9,"resetAtMs":0,"source":"memory"}""";
    private const string FreshInRedis = """{"allowed":true,"remaining":9,"resetAtMs":0,"source":"redis"}""";

    [Fact]
    public async Task A_fresh_key_has_nine_left_after_one()
    {
        await using var server = await RunningServer.StartAsync();

        var taken = await server.Http.PostAsync("/limit/incr", """{"key":"user_123","cost":1}""");

        Assert.Equal(200, taken.Status);
        Assert.Equal("application/json", taken.MediaType);
        Assert.Equal(FreshInMemory, taken.Body);
    }

    [Fact]
    public async Task The_cost_is_one_by_default()
    {
        await using var server = await RunningServer.StartAsync();

        Assert.Equal(FreshInMemory, (await server.Http.PostAsync("/limit/incr", """{"key":"user_123"}""")).Body);
    }

    [Fact]
    public async Task Redis_answers_in_the_same_words()
    {
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync($"Weir:Redis:Endpoints={redis.Endpoint}", "Weir:Redis:DeadlineMs=2000");

        Assert.Equal(FreshInRedis, (await server.Http.PostAsync("/limit/incr", """{"key":"user_123","cost":1}""")).Body);
    }

    [Fact]
    public async Task A_check_says_what_remains_now_and_spends_nothing()
    {
        await using var server = await RunningServer.StartAsync();

        for (int i = 0; i < 12; i++)
        {
            var checkedKey = await server.Http.GetAsync("/limit/check?key=user_123");
            Assert.Equal(200, checkedKey.Status);
            Assert.Equal("""{"allowed":true,"remaining":10,"resetAtMs":0,"source":"memory"}""", checkedKey.Body);
        }
    }
}
