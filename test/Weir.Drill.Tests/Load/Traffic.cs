using System.Collections.Concurrent;
using Weir.Drill.Tests.Fleet;

namespace Weir.Drill.Tests.Load;

/// <summary>Callers who never stop asking, some at each instance, and the log of all that they were told.</summary>
internal sealed class Traffic : IAsyncDisposable
{
    /// <summary>Enough that a few who wait do not make the others wait, too.</summary>
    private const int CallersPerInstance = 10;

    private readonly DrillClock _clock;
    private readonly ConcurrentQueue<Logged> _log = new();
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _callers;
    private volatile TaskCompletionSource? _silence;
    private int _underWay;

    public Traffic(IReadOnlyList<Instance> instances, IReadOnlyList<Demand> demands, DrillClock clock)
    {
        _clock = clock;
        double perCaller = (double)demands.Sum(demand => demand.PerSecond) / (instances.Count * CallersPerInstance);
        _callers = Task.WhenAll(
            from instance in instances
            from caller in Enumerable.Range(0, CallersPerInstance)
            let urn = new Urn(demands, new Random((instance.Number * CallersPerInstance) + caller))
            select Task.Run(() => AskOnAndOnAsync(instance, urn, TimeSpan.FromSeconds(1 / perCaller))));
    }

    /// <summary>All that was answered so far.</summary>
    public IReadOnlyList<Logged> Log => [.. _log];

    /// <summary>Nobody asks any more, and whoever did has his answer, until what is returned is disposed.</summary>
    public async Task<IDisposable> SilenceAsync()
    {
        var silence = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _silence = silence;
        while (Volatile.Read(ref _underWay) > 0)
            await Task.Delay(1);
        return new Ending(() =>
        {
            _silence = null;
            silence.SetResult();
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _silence?.TrySetResult();
        await _callers;
        _stopping.Dispose();
    }

    private async Task AskOnAndOnAsync(Instance instance, Urn urn, TimeSpan pause)
    {
        long due = _clock.NowUs;
        while (!_stopping.IsCancellationRequested)
        {
            await AskInTurnAsync(instance, urn);
            // Who was kept waiting does not make up for it all at once.
            long now = _clock.NowUs;
            due = Math.Max(due + (long)pause.TotalMicroseconds, now - 100_000);
            if (due > now)
                await Task.Delay(TimeSpan.FromMicroseconds(due - now));
        }
    }

    private async Task AskInTurnAsync(Instance instance, Urn urn)
    {
        Interlocked.Increment(ref _underWay);
        try
        {
            // Looked at after being counted: who silences them looks the other way round.
            if (_silence is null && instance.IsUp)
            {
                var (demand, cost) = urn.Draw();
                long sent = _clock.NowUs;
                var answer = await instance.TakeAsync(demand.BodyOf(cost));
                _log.Enqueue(new Logged(instance.Number, demand, cost, sent, _clock.EndUs, answer));
            }
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }

        if (_silence is { } silence)
            await silence.Task;
    }

    private sealed class Ending(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
