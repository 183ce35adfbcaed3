using System.Globalization;
using Weir.Testing;

namespace Weir.Redis.Tests;

/// <summary>What a bucket takes of Redis' memory.</summary>
public sealed class BucketSizeTests
{
    private const int KeyBytes = 20;

    [Fact]
    public async Task A_bucket_is_at_most_120_bytes_and_no_more_than_a_hash_of_two_fields_that_holds_the_same()
    {
        await using var server = await TestRedis.StartProcessAsync();
        await using var store = new RedisStore(new RedisOptions { Endpoints = server.Endpoint, Prefix = "w", Deadline = TimeSpan.FromSeconds(10) }, TimeProvider.System);
        Assert.True(await store.WaitUntilConnectedAsync(Until.Patience, TestContext.Current.CancellationToken));
        // w:{t}:per-key:000000
        var request = Some.Request("000000", tenant: "t");
        string key = System.Text.Encoding.UTF8.GetString(new RedisKeyFormat("w", null, new PartitionCount(1)).KeyOf(request.Facts, Some.Limit));
        Assert.Equal(KeyBytes, key.Length);
        var answer = await store.TakeAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(BucketOutcome.Allowed, answer.Outcome);

        string hash = new('h', KeyBytes);
        await server.CommandAsync("HSET", hash, "s", Number(answer.State.Spent), "t", Number(answer.State.At));
        await server.CommandAsync("PEXPIRE", hash, "60000");
        Assert.InRange(await BytesAsync(server, key), 1, Math.Min(120, await BytesAsync(server, hash)));
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static async Task<long> BytesAsync(RedisServer server, string key) =>
        long.Parse(await server.CommandAsync("MEMORY", "USAGE", key), CultureInfo.InvariantCulture);
}
