namespace Weir.Server;

/// <summary>Flag of the drain before a stop: Weir still decides, but directs traffic to other instances.</summary>
internal sealed class Draining : IDisposable
{
    private readonly CancellationTokenSource _begun = new();
    private readonly CancellationTokenSource _ended = new();
    private volatile bool _hasBegun;

    public bool HasBegun => _hasBegun;

    /// <summary>Canceled when the drain begins.</summary>
    public CancellationToken Begun => _begun.Token;

    /// <summary>Canceled when the drain is over and the requests under way end.</summary>
    public CancellationToken Ended => _ended.Token;

    public void Begin()
    {
        _hasBegun = true;
        _begun.Cancel();
    }

    public void End() => _ended.Cancel();

    public void Dispose()
    {
        _begun.Dispose();
        _ended.Dispose();
    }
}
