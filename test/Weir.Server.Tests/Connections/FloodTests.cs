using System.Net.Sockets;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Connections;

/// <summary>A crowd of connections against a real process with few descriptors (law L10).</summary>
public sealed class FloodTests
{
    private const int Descriptors = 512;

    [Fact]
    public async Task L10_a_process_with_few_descriptors_lives_through_a_crowd_and_answers_takes_meanwhile()
    {
        using var server = await ServerProcess.StartWithDescriptorsAsync(Descriptors);
        var crowd = new List<Socket>();
        try
        {
            for (int i = 0; i < 2 * Descriptors; i++)
            {
                crowd.Add(Connect(server.Http.Address));
                if (i % 16 == 0)
                    Assert.Equal(200, (await server.Http.TakeAsync($"k{i}")).Status);
            }

            Assert.Equal(200, (await server.Http.TakeAsync("last")).Status);
        }
        finally
        {
            crowd.ForEach(socket => socket.Dispose());
        }

        using var metrics = new HttpCalls(server.Http.Address);
        var read = await Metrics.ReadAsync(metrics);
        double limit = read["weir_connections_limit{address=\"public\"}"]!.Value;
        Assert.InRange(limit, 1, Descriptors);
        Assert.True(read["weir_connections_refused_total{address=\"public\"}"] + read["weir_connections_reclaimed_total{address=\"public\"}"] > 0, $"{read}");
    }

    [Fact]
    public async Task Refused_connections_are_counted_and_logged_in_one_line()
    {
        await using var server = await RunningServer.StartAsync("Weir:Limits:Connections=4");
        using var first = new HttpCalls(server.Address);
        var crowd = Enumerable.Range(0, 20).Select(_ => Connect(server.Address)).ToList();
        await Until.TrueAsync(() => crowd.Count(IsClosed) >= 15, () => $"{crowd.Count(IsClosed)} are closed");
        Assert.Equal(1, server.Log.Count("connections refused: all 4 are in use"));
        crowd.ForEach(socket => socket.Dispose());
        await Until.TrueAsync(async () => (await TryTakeAsync(server.Address)) == 200, () => "no take was answered");
    }

    [Theory]
    [InlineData("Weir:Limits:Connections=0", "Weir:Limits:Connections: 0 is out of range; use 1 to 1000000")]
    [InlineData("Weir:Limits:Connections=many", "Weir:Limits:Connections: \"many\" is not a whole number; use 1 to 1000000")]
    [InlineData("Weir:Limits:Connections=1000000", "Weir:Limits:Connections: 1000000 is more than the descriptor limit of this process leaves room for; use at most")]
    public async Task A_bound_that_cannot_hold_is_refused(string setting, string message)
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync(setting));
        Assert.Contains(message, thrown.Message, StringComparison.Ordinal);
    }

    private static Socket Connect(Uri address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Connect("127.0.0.1", address.Port);
        return socket;
    }

    private static bool IsClosed(Socket socket)
    {
        try
        {
            return socket.Poll(0, SelectMode.SelectRead) && socket.Receive(new byte[1], SocketFlags.Peek) == 0;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    private static async Task<int> TryTakeAsync(Uri address)
    {
        using var http = new HttpCalls(address);
        try
        {
            return (await http.TakeAsync("k")).Status;
        }
        catch (HttpRequestException)
        {
            return 0;
        }
    }
}
