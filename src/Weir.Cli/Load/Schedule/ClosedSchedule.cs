namespace Weir.Cli.Load;

/// <summary>Send times of a user: after the last answer and, with a pace, not before the pace has passed.</summary>
internal readonly record struct ClosedSchedule(long PaceUs)
{
    /// <summary>Returns the first send time of a user. Spreads users over one pace, to avoid bursts.</summary>
    public long FirstUs(long startUs, int user, int users) => startUs + (PaceUs * user / users);

    public long NextUs(long lastSentUs, long answeredUs) => Math.Max(answeredUs, lastSentUs + PaceUs);
}
