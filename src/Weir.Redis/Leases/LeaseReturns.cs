namespace Weir.Redis;

/// <summary>Returns the tokens of ended leases to Redis. If that fails, the buckets lack them until a refill.</summary>
internal sealed class LeaseReturns : IAsyncDisposable
{
    private readonly ShardTables _tables;
    private readonly Func<BucketCommand, LeaseTrip, PendingCommand?> _command;
    private readonly DozingTimer _timer;

    public LeaseReturns(ShardTables tables, TimeSpan horizon, Func<BucketCommand, LeaseTrip, PendingCommand?> command, TimeProvider time)
    {
        (_tables, _command) = (tables, command);
        _timer = new DozingTimer(horizon, ReturnEnded, time);
    }

    public void Wake() => _timer.Wake();

    public Task ReturnAllAsync() => Task.WhenAll(Return(all: true));

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private bool ReturnEnded()
    {
        Return(all: false);
        return _tables.All.Any(table => table.HasEnds);
    }

    private List<Task> Return(bool all)
    {
        var returning = new List<Task>();
        foreach (var table in _tables.All)
        {
            foreach (var (limits, wish) in table.TakeEnded(all))
            {
                var (command, trip) = table.ReturnOf(limits, wish);
                if (_command(command, trip) is { } pending)
                    returning.Add(ReturnedAsync(pending));
            }
        }

        return returning;
    }

    private static async Task ReturnedAsync(PendingCommand pending)
    {
        await pending.Arrival.ConfigureAwait(false);
        pending.Take();
    }
}
