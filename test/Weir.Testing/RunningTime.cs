using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace Weir.Testing;

/// <summary>
/// Time that passes as the wall's does while this process runs, and stands while the machine keeps the process or its thread pool waiting. What is late
/// by this clock is late by its own doing, so a deadline may be asserted on a busy machine.
/// </summary>
public sealed class RunningTime : FakeTimeProvider, IDisposable
{
    /// <summary>The most that passes between two turns; what the machine takes longer is not counted.</summary>
    private static readonly TimeSpan MostATurn = TimeSpan.FromMilliseconds(5);

    private readonly ManualResetEventSlim _poolRuns = new();
    private volatile bool _stopped;

    /// <summary>Starts at the wall's time of day.</summary>
    public RunningTime()
        : base(TimeProvider.System.GetUtcNow())
    {
        new Thread(Run) { IsBackground = true, Name = nameof(RunningTime) }.Start();
    }

    /// <summary>Time stands after the next turn. Nobody waits for that: whoever calls may have been woken by this very clock.</summary>
    public void Dispose() => _stopped = true;

    private void Run()
    {
        long turned = Stopwatch.GetTimestamp();
        while (!_stopped)
        {
            Thread.Sleep(1);
            _poolRuns.Reset();
            ThreadPool.UnsafeQueueUserWorkItem(static runs => runs.Set(), _poolRuns, preferLocal: false);
            _poolRuns.Wait();
            var took = Stopwatch.GetElapsedTime(turned);
            turned = Stopwatch.GetTimestamp();
            Advance(took < MostATurn ? took : MostATurn);
        }

        _poolRuns.Dispose();
    }
}
