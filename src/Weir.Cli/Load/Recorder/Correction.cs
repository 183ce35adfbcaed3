namespace Weir.Cli.Load;

/// <summary>Method of correcting latency for coordinated omission.</summary>
internal enum Correction
{
    /// <summary>No correction (closed loop without a pace): a stall counts once per user.</summary>
    None,

    /// <summary>Adds the requests that a waiting user would have sent (closed loop with a pace).</summary>
    ExpectedInterval,

    /// <summary>Measures latency from the intended send time (open loop).</summary>
    IntendedTime,
}
