namespace Weir.Cli.Load;

/// <summary>How coordinated omission is corrected.</summary>
internal enum Correction
{
    /// <summary>Closed loop without a pace: a waiting user intended no send. A stall counts once a user.</summary>
    None,

    /// <summary>Closed loop with a pace: adds the requests that a waiting user would have sent.</summary>
    ExpectedInterval,

    /// <summary>Open loop: every request counts from its intended time.</summary>
    IntendedTime,
}
