using System.Diagnostics.CodeAnalysis;

namespace Weir.Server;

/// <summary>Flag of the drain before a stop: Weir still decides, but directs traffic to other instances.</summary>
/// <remarks>Owns nothing to dispose: its sources have no timers, and a host may stop again after its disposal.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "A source without a timer holds no resource.")]
internal sealed class Draining
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
}
