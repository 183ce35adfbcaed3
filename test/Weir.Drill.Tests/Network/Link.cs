namespace Weir.Drill.Tests.Network;

/// <summary>What a <see cref="Proxy"/> does with what comes.</summary>
internal sealed class Link
{
    private volatile TaskCompletionSource? _healed;
    private long _delayTicks;
    private volatile bool _isCut;

    /// <summary>True when no connection is let through.</summary>
    public bool IsCut => _isCut;

    public void Cut() => _isCut = true;

    public void Stall() => _healed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Delay(TimeSpan by) => Volatile.Write(ref _delayTicks, by.Ticks);

    public void Heal()
    {
        _isCut = false;
        Delay(TimeSpan.Zero);
        Interlocked.Exchange(ref _healed, null)?.SetResult();
    }

    /// <summary>Waits until what has come may go on.</summary>
    public async ValueTask PassAsync()
    {
        while (_healed is { } healed)
            await healed.Task;
        if (Volatile.Read(ref _delayTicks) is > 0 and var ticks)
            await Task.Delay(TimeSpan.FromTicks(ticks));
    }
}
