namespace Weir.Server;

/// <summary>Code of a status or an answer, with the numbers of the protocol.</summary>
internal enum EnvoyCode
{
    /// <summary>Allowed.</summary>
    Ok = 1,

    /// <summary>Refused.</summary>
    OverLimit = 2,
}

/// <summary>Answer to one descriptor.</summary>
/// <param name="Code">OK also for a refusal in shadow mode.</param>
/// <param name="Limit">The limit that counted; null if none did.</param>
/// <param name="Remaining">Requests left in the window; 2^32-1 for an unlimited rule.</param>
/// <param name="SecondsLeft">Seconds until the window ends; null without a limit.</param>
internal readonly record struct EnvoyStatus(EnvoyCode Code, EnvoyLimit? Limit, uint Remaining, long? SecondsLeft)
{
    /// <summary>A descriptor without a rule.</summary>
    public static readonly EnvoyStatus NoRule = new(EnvoyCode.Ok, null, 0, null);

    /// <summary>A descriptor whose rule is unlimited.</summary>
    public static readonly EnvoyStatus Unlimited = new(EnvoyCode.Ok, null, uint.MaxValue, null);
}
