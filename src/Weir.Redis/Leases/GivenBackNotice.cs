namespace Weir.Redis;

/// <summary>Notifies all instances of the tenants that got tokens back. Safe for concurrent use.</summary>
internal sealed class GivenBackNotice : IAsyncDisposable
{
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    public const int TenantsAtOnce = 64;

    /// <summary>Separates the tenants of a message. No tenant's name contains a line feed.</summary>
    private const char Separator = '\n';

    private readonly Lock _gate = new();
    private readonly Action<string> _tell;
    private readonly DozingTimer _timer;
    private HashSet<string> _tenants = new(StringComparer.Ordinal);

    public GivenBackNotice(Action<string> tell, TimeProvider time)
    {
        _tell = tell;
        _timer = new DozingTimer(Interval, Flush, time);
    }

    public static string[] TenantsIn(string message) => message.Split(Separator);

    public void Add(string tenant)
    {
        lock (_gate)
            _tenants.Add(tenant);
        _timer.Wake();
    }

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private bool Flush()
    {
        HashSet<string> tenants;
        lock (_gate)
            (tenants, _tenants) = (_tenants, new(StringComparer.Ordinal));
        foreach (string[] some in tenants.Chunk(TenantsAtOnce))
            _tell(string.Join(Separator, some));
        return false;
    }
}
