namespace Weir.Cli.Load;

/// <summary>A user sends after its last answer, but not before the pace says; 0 for none.</summary>
internal readonly record struct ClosedSchedule(long PaceUs)
{
    /// <summary>Spreads the first sends over one pace, so that users do not send in step.</summary>
    public long FirstUs(long startUs, int user, int users) => startUs + (PaceUs * user / users);

    public long NextUs(long lastSentUs, long answeredUs) => Math.Max(answeredUs, lastSentUs + PaceUs);
}
