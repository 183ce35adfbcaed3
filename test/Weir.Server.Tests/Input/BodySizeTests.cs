using System.Text;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

/// <summary>L10: a body has 64 KiB at most, a batch 1 MiB.</summary>
public sealed class BodySizeTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private const int Small = 64 * 1024;
    private const int Large = 1024 * 1024;

    public static TheoryData<string, int> Limits => new() { { "/limit/incr", Small }, { "/v1/take", Small }, { "/v1/check", Small }, { "/v1/batch", Large } };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task L10_A_body_at_the_limit_is_read_and_one_byte_more_is_413(string path, int limit)
    {
        string key = Fresh.Key();

        Assert.Equal(200, (await embedded.Http.PostAsync(path, Body(path, Fresh.Key(), limit), "application/json", "slow")).Status);
        var refused = await embedded.Http.PostAsync(path, Body(path, key, limit + 1), "application/json", "slow");

        refused.AssertProblem(413);
        Assert.Equal("body", refused.Text("field"));
        Assert.Equal($"the body may hold {limit} bytes at most", refused.Text("detail"));
        Assert.Equal(10, await embedded.Http.RemainingAsync(key, "slow"));
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task L10_A_body_of_unknown_length_has_the_same_limit(string path, int limit)
    {
        string key = Fresh.Key();

        string allowed = await SendInChunksAsync(path, Body(path, Fresh.Key(), limit));
        string refused = await SendInChunksAsync(path, Body(path, key, limit + 1));

        Assert.StartsWith("HTTP/1.1 200 ", allowed, StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 413 ", refused, StringComparison.Ordinal);
        Assert.Contains("application/problem+json", refused, StringComparison.Ordinal);
        Assert.Contains($"the body may hold {limit} bytes at most", refused, StringComparison.Ordinal);
        Assert.Equal(10, await embedded.Http.RemainingAsync(key, "slow"));
    }

    [Fact]
    public async Task A_length_beyond_all_measure_is_413_before_a_byte_of_the_body_is_sent()
    {
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);

        await connection.SendAsync("POST /v1/take HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 9000000000\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 413 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    /// <summary>A good body of exactly this many bytes, by spaces behind it.</summary>
    private static byte[] Body(string path, string key, int bytes)
    {
        string item = $$"""{"key":"{{key}}"}""";
        return Encoding.UTF8.GetBytes((path == "/v1/batch" ? $$"""{"requests":[{{item}}]}""" : item).PadRight(bytes));
    }

    private async Task<string> SendInChunksAsync(string path, byte[] body)
    {
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);
        await connection.SendAsync(
            $"POST {path} HTTP/1.1\r\nHost: localhost\r\nX-Tenant-Id: slow\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
        foreach (var chunk in body.Chunk(10_000))
            await connection.SendAsync($"{chunk.Length:x}\r\n{Encoding.UTF8.GetString(chunk)}\r\n");
        await connection.SendAsync("0\r\n\r\n");
        return await connection.ReadToEndAsync();
    }
}
