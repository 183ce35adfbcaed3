namespace Weir.Redis;

/// <summary>
/// Gives back what is left of leases that have ended. If that is lost, their buckets are the emptier for it until they
/// refill.
/// </summary>
internal sealed class LeaseReturns : IAsyncDisposable
{
    private readonly Leasing _leasing;
    private readonly Func<StoreAsk, LeaseTrip, PendingTake?> _ask;
    private readonly DozingTimer _timer;

    /// <param name="leasing">Where leases end.</param>
    /// <param name="horizon">How long a lease lives.</param>
    /// <param name="ask">Sends a command; null if it cannot be sent.</param>
    /// <param name="time">The clock.</param>
    public LeaseReturns(Leasing leasing, TimeSpan horizon, Func<StoreAsk, LeaseTrip, PendingTake?> ask, TimeProvider time)
    {
        (_leasing, _ask) = (leasing, ask);
        _timer = new DozingTimer(horizon, ReturnEnded, time);
    }

    /// <summary>Says that a lease was granted, which then ends.</summary>
    public void Wake() => _timer.Wake();

    /// <summary>Ends all leases, and waits until they are given back.</summary>
    public Task ReturnAllAsync() => Task.WhenAll(Return(all: true));

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private bool ReturnEnded()
    {
        Return(all: false);
        return _leasing.HasEnds;
    }

    private List<Task> Return(bool all)
    {
        var returning = new List<Task>();
        foreach (var (limits, wish) in _leasing.TakeEnded(all))
        {
            var (command, trip) = _leasing.ReturnOf(limits, wish);
            if (_ask(command, trip) is { } pending)
                returning.Add(ReturnedAsync(pending));
        }

        return returning;
    }

    private static async Task ReturnedAsync(PendingTake pending)
    {
        await pending.Arrival.ConfigureAwait(false);
        pending.Take();
    }
}
