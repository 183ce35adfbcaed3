namespace Weir.Server;

/// <summary>Every bound of the RESP door in one place (law L10).</summary>
internal static class RespBounds
{
    /// <summary>Arguments of a command, its name included.</summary>
    public const int MaxArguments = 128;

    public const int MaxArgumentBytes = 4 * 1024;

    /// <summary>Bytes of a command with its framing.</summary>
    public const int MaxCommandBytes = 16 * 1024;

    public const int MaxNameBytes = 256;

    public const int MaxTogether = 256;

    /// <summary>Bytes of received commands that are read at a time.</summary>
    public const int WindowBytes = 4 * MaxCommandBytes;

    // Bytes of replies after which a connection sends them before it decides more. If the client does not read them,
    // Weir stops reading its commands.
    public const int MaxUnsentBytes = 32 * 1024;

    // Strings kept of received keys, tenants and attributes; 5 MB if all have 256 bytes. More would be slower: a look
    // into memory that is in no cache of the processor costs more than a new string.
    public const int MaxTexts = 8_192;

    /// <summary>Combinations of <c>max_burst</c>, <c>count</c> and <c>period</c> that are kept as plans.</summary>
    public const int MaxPlans = 4_096;

    /// <summary>Rates in memory from which on <c>CL.THROTTLE</c> may use no new one; policies may.</summary>
    public const int MaxRates = RefillRate.RefusedFrom / 3;

    /// <summary>Time without a command after which a connection is closed.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(10);

    /// <summary>Time in which the rest of a command must arrive, and in which a client must read replies.</summary>
    public static readonly TimeSpan ProgressTimeout = TimeSpan.FromSeconds(10);

    public static readonly TimeSpan CheckInterval = TimeSpan.FromSeconds(1);
}
