using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Server.Tests.Connections;

/// <summary>How many connections are open at a time, and which of them make room (law L10).</summary>
public sealed class ConnectionBoundTests
{
    private const int Most = 8;

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly ConnectionBound _bound;

    public ConnectionBoundTests() => _bound = new ConnectionBound(Most, _time);

    [Fact]
    public void L10_as_many_connections_as_the_bound_says_are_accepted_and_the_rest_is_counted_as_refused()
    {
        Assert.All(Connect(Most), accepted => Assert.NotNull(accepted));
        Assert.All(Connect(5), accepted => Assert.Null(accepted));
        Assert.Equal((Most, 5L, 0L), (_bound.Count, _bound.Refused, _bound.ClosedIdle));
    }

    [Fact]
    public async Task A_connection_that_ends_makes_room()
    {
        var open = Connect(Most);
        await open[3]!.DisposeAsync();
        await open[3]!.DisposeAsync();
        Assert.Equal(Most - 1, _bound.Count);
        Assert.Single(Connect(2), accepted => accepted is not null);
    }

    [Theory]
    [InlineData(false, 1.0, false)]
    [InlineData(false, 1.1, true)]
    [InlineData(true, 5.0, false)]
    [InlineData(true, 5.1, true)]
    public void An_idle_connection_makes_room_after_five_seconds_and_one_without_any_request_after_one(bool used, double seconds, bool makesRoom)
    {
        var open = Connect(Most);
        foreach (var connection in open.Where(_ => used))
            connection!.Use();
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(makesRoom, Connect(1)[0] is not null);
        Assert.Equal(makesRoom ? 1 : 0, open.Count(connection => ((Fake)connection!.Features[typeof(Fake)]!).IsAborted));
    }

    [Fact]
    public void A_connection_in_use_is_not_closed_for_a_new_one()
    {
        var open = Connect(Most);
        for (int second = 0; second < 100; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            foreach (var connection in open)
                connection!.Use();
            Assert.Null(Connect(1)[0]);
        }

        Assert.DoesNotContain(open, connection => ((Fake)connection!.Features[typeof(Fake)]!).IsAborted);
    }

    [Fact]
    public async Task L10_connections_that_are_slow_to_close_do_not_add_up()
    {
        var open = Connect(Most);
        _time.Advance(TimeSpan.FromMinutes(1));
        var more = Connect(100).OfType<BoundedConnection>().ToList();
        Assert.Equal(Most, more.Count);
        Assert.Equal(Most, _bound.Count);
        foreach (var connection in open)
            await connection!.DisposeAsync();
        Assert.Equal(Most, _bound.Count);
    }

    private List<BoundedConnection?> Connect(int times) => [.. Enumerable.Range(0, times).Select(_ =>
    {
        var connection = new BoundedConnection(new Fake(), _bound, new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        return _bound.TryAdd(connection) ? connection : null;
    })];

    private sealed class Fake : DefaultConnectionContext
    {
        public Fake() => Features[typeof(Fake)] = this;

        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
