namespace Weir.Server;

/// <summary>True before a stop. Weir still decides, and tells callers and load balancers to go elsewhere.</summary>
internal sealed class Draining
{
    private volatile bool _hasBegun;

    public bool HasBegun => _hasBegun;

    public void Begin() => _hasBegun = true;
}
