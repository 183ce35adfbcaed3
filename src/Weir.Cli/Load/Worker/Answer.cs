namespace Weir.Cli.Load;

/// <summary>How a request ended.</summary>
internal enum AnswerKind
{
    /// <summary>200 and <c>"allowed":true</c>.</summary>
    Allowed,

    /// <summary>429.</summary>
    Denied,

    /// <summary>No answer within the time allowed.</summary>
    TimedOut,

    /// <summary>The connection could not be made, or broke before the answer was whole.</summary>
    Disconnected,

    /// <summary>Any status but 200 and 429.</summary>
    WrongStatus,

    /// <summary>A status of 200 or 429 whose body is not a decision.</summary>
    Malformed,
}

/// <summary>Who decided, as the answer says.</summary>
internal enum AnswerSource
{
    None,
    Redis,
    Memory,
}

/// <summary>One request's end.</summary>
internal readonly record struct Answer(AnswerKind Kind, AnswerSource Source, int Status)
{
    public static readonly Answer TimedOut = new(AnswerKind.TimedOut, AnswerSource.None, 0);
    public static readonly Answer Disconnected = new(AnswerKind.Disconnected, AnswerSource.None, 0);

    /// <summary>True for a decision, whichever way it went: a refusal is the service doing its work.</summary>
    public bool Decided => Kind is AnswerKind.Allowed or AnswerKind.Denied;
}
