namespace Weir.Simulation;

/// <summary>Runs a history on a thread of its own that has no synchronization context, so that all of it happens there, and whoever waits for it keeps no thread of the pool.</summary>
internal static class OneThread
{
    public static Task<T> RunAsync<T>(Func<T> history) =>
        Task.Factory.StartNew(history, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
