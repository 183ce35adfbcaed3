namespace Weir.Server;

/// <summary>
/// Whether the service is about to stop. It still decides then, and tells callers and load balancers to go elsewhere.
/// </summary>
internal sealed class Draining
{
    private volatile bool _hasBegun;

    public bool HasBegun => _hasBegun;

    public void Begin() => _hasBegun = true;
}
