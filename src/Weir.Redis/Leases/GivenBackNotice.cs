namespace Weir.Redis;

/// <summary>
/// Tells all instances which tenants got something back, so that they believe no refusal of those from before. Tenants
/// are told of together, so that a crowd of refunds is no crowd of messages. Safe for concurrent use.
/// </summary>
internal sealed class GivenBackNotice : IAsyncDisposable
{
    /// <summary>Time from a refund to its message.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Tenants in one message.</summary>
    public const int TenantsAtOnce = 64;

    /// <summary>No tenant's name has one.</summary>
    private const char Separator = '\n';

    private readonly Lock _gate = new();
    private readonly Action<string> _tell;
    private readonly DozingTimer _timer;
    private HashSet<string> _tenants = new(StringComparer.Ordinal);

    /// <param name="tell">Publishes a message.</param>
    /// <param name="time">The clock.</param>
    public GivenBackNotice(Action<string> tell, TimeProvider time)
    {
        _tell = tell;
        _timer = new DozingTimer(Interval, Flush, time);
    }

    /// <summary>Reads a message.</summary>
    public static string[] TenantsIn(string message) => message.Split(Separator);

    /// <summary>Has a tenant told of.</summary>
    public void Add(string tenant)
    {
        lock (_gate)
            _tenants.Add(tenant);
        _timer.Wake();
    }

    /// <inheritdoc/>
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
