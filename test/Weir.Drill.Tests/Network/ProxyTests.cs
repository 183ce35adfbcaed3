using System.Net;
using System.Net.Sockets;

namespace Weir.Drill.Tests.Network;

/// <summary>The proxy itself, before somebody who sends back what he hears.</summary>
public sealed class ProxyTests : IAsyncLifetime
{
    private readonly TcpListener _echo = new(IPAddress.Loopback, 0);
    private Proxy _proxy = null!;

    public ValueTask InitializeAsync()
    {
        _echo.Start();
        _ = EchoAsync();
        _proxy = Proxy.To(((IPEndPoint)_echo.LocalEndpoint).Port);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _echo.Dispose();
    }

    [Fact]
    public async Task What_is_sent_arrives_and_so_does_the_answer()
    {
        using var client = await ConnectAsync();

        Assert.Equal(7, await AskAsync(client, 7));
    }

    [Fact]
    public async Task A_cut_ends_connections_and_lets_in_no_new_ones_until_it_is_healed()
    {
        using var before = await ConnectAsync();
        await AskAsync(before, 1);

        _proxy.Cut();

        await Assert.ThrowsAnyAsync<IOException>(() => AskAsync(before, 2));
        await NobodyAnswersAsync();
        _proxy.Heal();
        using var after = await ConnectAsync();
        Assert.Equal(4, await AskAsync(after, 4));
    }

    [Fact]
    public async Task What_a_stall_held_back_arrives_when_it_is_healed()
    {
        using var client = await ConnectAsync();
        await AskAsync(client, 1);

        _proxy.Stall();
        var asked = AskAsync(client, 2);

        Assert.NotSame(asked, await Task.WhenAny(asked, Task.Delay(100)));
        _proxy.Heal();
        Assert.Equal(2, await asked);
    }

    [Fact]
    public async Task A_delay_is_waited_for_on_both_ways()
    {
        using var client = await ConnectAsync();
        _proxy.Delay(TimeSpan.FromMilliseconds(30));
        long began = Environment.TickCount64;

        Assert.Equal(5, await AskAsync(client, 5));

        Assert.True(Environment.TickCount64 - began >= 50, "it came sooner");
    }

    [Fact]
    public async Task Where_nobody_listens_a_connection_ends()
    {
        _echo.Stop();

        await NobodyAnswersAsync();
    }

    /// <summary>A connection that ends may do so before it is said to be there.</summary>
    private async Task NobodyAnswersAsync()
    {
        var failure = await Assert.ThrowsAnyAsync<Exception>(async () =>
        {
            using var client = await ConnectAsync();
            await AskAsync(client, 3);
        });
        Assert.True(failure is IOException or SocketException, failure.ToString());
    }

    private async Task<TcpClient> ConnectAsync()
    {
        var client = new TcpClient { NoDelay = true };
        await client.ConnectAsync(IPEndPoint.Parse(_proxy.Endpoint));
        return client;
    }

    private static async Task<byte> AskAsync(TcpClient client, byte value)
    {
        byte[] answer = new byte[1];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await client.GetStream().WriteAsync(new[] { value }, patience.Token);
        await client.GetStream().ReadExactlyAsync(answer, patience.Token);
        return answer[0];
    }

    private async Task EchoAsync()
    {
        try
        {
            while (true)
                _ = EchoAsync(await _echo.AcceptTcpClientAsync());
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private static async Task EchoAsync(TcpClient client)
    {
        using (client)
        {
            try
            {
                await client.GetStream().CopyToAsync(client.GetStream());
            }
            catch (IOException)
            {
                // The other side was cut off.
            }
        }
    }
}
