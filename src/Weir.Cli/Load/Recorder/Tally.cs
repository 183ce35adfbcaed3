namespace Weir.Cli.Load;

internal sealed record Tally
{
    public long Allowed { get; set; }
    public long Denied { get; set; }
    public long TimedOut { get; set; }
    public long Disconnected { get; set; }
    public long WrongStatus { get; set; }
    public long Malformed { get; set; }
    public long Unsent { get; set; }
    public long Redis { get; set; }
    public long Memory { get; set; }

    /// <summary>Number of requests that failed in the warm-up. The other counts exclude the warm-up.</summary>
    public long WarmupErrors { get; set; }

    public long Answered => Allowed + Denied;

    public long Errors => TimedOut + Disconnected + WrongStatus + Malformed + Unsent;

    public long Requests => Answered + Errors;

    public void Count(Answer answer)
    {
        _ = answer.Kind switch
        {
            AnswerKind.Allowed => Allowed++,
            AnswerKind.Denied => Denied++,
            AnswerKind.TimedOut => TimedOut++,
            AnswerKind.Disconnected => Disconnected++,
            AnswerKind.WrongStatus => WrongStatus++,
            _ => Malformed++,
        };
        if (!answer.Decided)
            return;
        _ = answer.Source == AnswerSource.Redis ? Redis++ : Memory++;
    }

    public void Add(Tally other)
    {
        Allowed += other.Allowed;
        Denied += other.Denied;
        TimedOut += other.TimedOut;
        Disconnected += other.Disconnected;
        WrongStatus += other.WrongStatus;
        Malformed += other.Malformed;
        Unsent += other.Unsent;
        Redis += other.Redis;
        Memory += other.Memory;
        WarmupErrors += other.WarmupErrors;
    }
}
