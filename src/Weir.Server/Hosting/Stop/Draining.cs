namespace Weir.Server;

/// <summary>Flag of the drain before a stop: Weir still decides, but directs traffic to other instances.</summary>
internal sealed class Draining
{
    private volatile bool _hasBegun;

    public bool HasBegun => _hasBegun;

    public void Begin() => _hasBegun = true;
}
