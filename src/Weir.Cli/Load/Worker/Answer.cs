namespace Weir.Cli.Load;

internal enum AnswerKind
{
    /// <summary>Status 200 and <c>"allowed":true</c>.</summary>
    Allowed,

    Denied,

    TimedOut,

    /// <summary>The connection failed, or ended before the answer was complete.</summary>
    Disconnected,

    WrongStatus,

    /// <summary>Status 200 or 429 with a body that is not a decision.</summary>
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

    /// <summary>True if the server decided; a refusal is not an error.</summary>
    public bool Decided => Kind is AnswerKind.Allowed or AnswerKind.Denied;
}
