using Microsoft.Extensions.Logging;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Input;

/// <summary>Clients that go away in the middle of a sentence hurt nobody else.</summary>
public sealed class TornBodyTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private const string Head = "POST /v1/take HTTP/1.1\r\nHost: localhost\r\nX-Tenant-Id: slow\r\nContent-Type: application/json\r\n";

    [Fact]
    public async Task A_body_shorter_than_its_length_spends_nothing_and_the_server_lives_on()
    {
        string key = Fresh.Key();
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);

        await connection.SendAsync($$"""{{Head}}Content-Length: 500{{"\r\n\r\n"}}{"key":"{{key}}"}""");
        connection.EndSending();

        string answer = await connection.ReadToEndAsync();
        Assert.True(answer.Length == 0 || answer.StartsWith("HTTP/1.1 400 ", StringComparison.Ordinal), answer);
        await AssertUnharmed(key);
    }

    [Fact]
    public async Task A_connection_that_is_reset_in_a_body_spends_nothing_and_the_server_lives_on()
    {
        string key = Fresh.Key();
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);

        await connection.SendAsync($$"""{{Head}}Content-Length: 500{{"\r\n\r\n"}}{"key":"{{key}}"}""");
        await Task.Delay(100, TestContext.Current.CancellationToken);
        connection.Reset();
        await Task.Delay(100, TestContext.Current.CancellationToken);

        await AssertUnharmed(key);
    }

    [Fact]
    public async Task A_chunk_that_is_none_is_400_and_spends_nothing()
    {
        string key = Fresh.Key();
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);

        await connection.SendAsync($$"""{{Head}}Transfer-Encoding: chunked{{"\r\n\r\n"}}xyz{{"\r\n"}}{"key":"{{key}}"}{{"\r\n"}}0{{"\r\n\r\n"}}""");

        Assert.StartsWith("HTTP/1.1 400 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
        await AssertUnharmed(key);
    }

    [Fact]
    public async Task What_is_not_HTTP_at_all_is_400()
    {
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);

        await connection.SendAsync("*1\r\n$4\r\nPING\r\n\r\n");

        Assert.StartsWith("HTTP/1.1 400 ", await connection.ReadToEndAsync(), StringComparison.Ordinal);
    }

    private async Task AssertUnharmed(string key)
    {
        Assert.Equal(10, await embedded.Http.RemainingAsync(key, "slow"));
        Assert.Empty(embedded.Server.Log.AtLeast(LogLevel.Warning));
    }
}
