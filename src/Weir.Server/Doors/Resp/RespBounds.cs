namespace Weir.Server;

/// <summary>All bounds of the RESP door (law L10).</summary>
internal static class RespBounds
{
    /// <summary>Maximum number of arguments of a command, including its name.</summary>
    public const int MaxArguments = 128;

    public const int MaxArgumentBytes = 4 * 1024;

    /// <summary>Maximum bytes of a command, including its framing.</summary>
    public const int MaxCommandBytes = 16 * 1024;

    public const int MaxNameBytes = 256;

    /// <summary>Invalid keys in a row after which a connection is closed.</summary>
    public const int MaxFailedLogins = 10;

    public const int MaxTogether = 256;

    /// <summary>Maximum bytes of received commands that a connection reads at once.</summary>
    public const int WindowBytes = 4 * MaxCommandBytes;

    /// <summary>Size of each of the two buffers of a connection in the kernel; Linux allows twice as much.</summary>
    public const int KernelBytes = 64 * 1024;

    // Bytes of unsent replies after which a connection sends the replies before it decides more commands. If the client
    // does not read its replies, Weir stops reading commands.
    public const int MaxUnsentBytes = 32 * 1024;

    // Maximum number of cached strings of keys, tenants and attributes: 5 MB at 256 bytes each. A larger cache would be
    // slower, because a miss in the processor's caches costs more than a new string.
    public const int MaxTexts = 8_192;

    /// <summary>Maximum combinations of <c>max_burst</c>, <c>count</c> and <c>period</c> cached as plans.</summary>
    public const int MaxPlans = 4_096;

    /// <summary>Number of rates from which <c>CL.THROTTLE</c> refuses new rates, to leave room for policies.</summary>
    public const int MaxRates = RefillRate.RefusedFrom / 6;

    /// <summary>New rates that a tenant may bring at once; afterwards, one a minute.</summary>
    public const int NewRatesOfTenant = 4_096;

    /// <summary>Time without a command after which a connection is closed.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Time without a command after which a drain ends a connection that has got a decision.</summary>
    public static readonly TimeSpan DrainQuiet = TimeSpan.FromMilliseconds(100);

    /// <summary>Maximum time for the rest of a command to arrive, and for a client to read replies.</summary>
    public static readonly TimeSpan ProgressTimeout = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
}
