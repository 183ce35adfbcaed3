namespace Weir.Cli.Load;

/// <summary>
/// The closed loop's rule for one user: the next request goes out when the last is answered, but not before the pace
/// says. Pure.
/// </summary>
/// <param name="PaceUs">The least time between two sends of a user; 0 for as fast as answers come.</param>
internal readonly record struct ClosedSchedule(long PaceUs)
{
    /// <summary>Users begin spread over one pace, so that they do not all send at the same moment for ever.</summary>
    public long FirstUs(long startUs, int user, int users) => startUs + (PaceUs * user / users);

    /// <summary>When to send next.</summary>
    public long NextUs(long lastSentUs, long answeredUs) => Math.Max(answeredUs, lastSentUs + PaceUs);
}
