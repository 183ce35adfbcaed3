namespace Weir.Server;

/// <summary>The configuration in force. A request reads it once.</summary>
internal sealed class EnvoyConfigs(EnvoyConfig first)
{
    private volatile EnvoyConfig _current = first;

    public EnvoyConfig Current
    {
        get => _current;
        set => _current = value;
    }
}
