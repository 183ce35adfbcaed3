namespace Weir.Cli.Load;

/// <summary>How coordinated omission is corrected, so that a reader knows the meaning of a percentile.</summary>
internal enum Correction
{
    /// <summary>
    /// Closed loop without a pace: nothing was intended while a user waited, so there is nothing to add. A stall counts
    /// once a user.
    /// </summary>
    None,

    /// <summary>
    /// Closed loop with a pace: the requests a user would have sent while it waited are added, each with the wait that
    /// was left.
    /// </summary>
    ExpectedInterval,

    /// <summary>Open loop: every request counts from when it was intended.</summary>
    IntendedTime,
}
