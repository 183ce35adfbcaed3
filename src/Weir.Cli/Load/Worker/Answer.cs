namespace Weir.Cli.Load;

internal enum AnswerKind
{
    /// <summary>200 and <c>"allowed":true</c>.</summary>
    Allowed,

    Denied,

    TimedOut,

    /// <summary>The connection could not be made, or broke before the answer was whole.</summary>
    Disconnected,

    WrongStatus,

    /// <summary>A status of 200 or 429 whose body is not a decision.</summary>
    Malformed,
}

internal enum AnswerSource
{
    None,
    Redis,
    Memory,
}

internal readonly record struct Answer(AnswerKind Kind, AnswerSource Source, int Status)
{
    public static readonly Answer TimedOut = new(AnswerKind.TimedOut, AnswerSource.None, 0);
    public static readonly Answer Disconnected = new(AnswerKind.Disconnected, AnswerSource.None, 0);

    /// <summary>True for a refusal too: the service does its work.</summary>
    public bool Decided => Kind is AnswerKind.Allowed or AnswerKind.Denied;
}
