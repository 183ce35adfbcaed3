using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Says which kind of fault an error of Redis or of its connection is. Errors are classified here and nowhere else.
/// </summary>
internal static class RedisFaults
{
    private const int MaxExplanation = 200;
    private const string Said = "SimpleError: ";

    public static StoreFault Classify(Exception? error) => error switch
    {
        RedisTimeoutException => StoreFault.Late,
        // Redis is there and says nothing: to a call, or to a connection that is opened.
        SocketException { SocketErrorCode: SocketError.TimedOut } => StoreFault.Late,
        IOException { InnerException: SocketException { SocketErrorCode: SocketError.TimedOut } } => StoreFault.Late,
        // The node that has the slot is not there, so that others were asked.
        RedisServerException { Kind: RedisErrorKind.Moved or RedisErrorKind.ClusterDown } => StoreFault.Unreachable,
        // OOM, READONLY, LOADING, NOAUTH, NOPERM, MASTERDOWN, BUSY, and whatever a later Redis may say.
        RedisServerException => StoreFault.Refusing,
        // The client knew beforehand that Redis would say no, such as to a database it has not.
        RedisCommandException => StoreFault.Refusing,
        _ => StoreFault.Unreachable,
    };

    /// <summary>Redis did not run the call, since it does not know the script (any more).</summary>
    public static bool IsUnknownScript(Exception error) => error is RedisServerException && Begins(error, "NOSCRIPT");

    /// <summary>The call was not run, since its keys lie in several slots.</summary>
    public static bool IsSeveralSlots(Exception error) =>
        error is RedisServerException && Begins(error, "CROSSSLOT");

    /// <summary>
    /// The call was not run, since its slot is at another node (MOVED), to which the client sends what comes from now
    /// on, if it is connected to it.
    /// </summary>
    public static bool IsMoved(Exception error) => error is RedisServerException { Kind: RedisErrorKind.Moved };

    /// <summary>The call was not run, since its keys are at the node to which their slot is moving (ASK).</summary>
    public static bool IsMoving(Exception error) => error is RedisServerException { Kind: RedisErrorKind.Ask };

    /// <summary>
    /// The call was not run, since some of its keys have moved to another node already, and some have not (TRYAGAIN).
    /// </summary>
    public static bool IsHalfMoved(Exception error) => error is RedisServerException { Kind: RedisErrorKind.TryAgain };

    /// <summary>
    /// An error in a few words for a log: what Redis said, or how the connection failed. The client's own messages are
    /// left out, since they are long and may hold settings.
    /// </summary>
    public static string Explain(Exception error) => error switch
    {
        RedisServerException { Kind: RedisErrorKind.Moved } => "no connection to the node that has the slot",
        RedisServerException or RedisCommandException => Shorten(error.Message),
        RedisConnectionException { InnerException: AuthenticationException cause } => "TLS: " + Shorten(cause.Message),
        RedisConnectionException when SaidBy(error) is { } said => said,
        RedisConnectionException { InnerException: RedisConnectionException cause } => Explain(cause),
        RedisConnectionException { InnerException: IOException cause } lost => $"{lost.FailureType}: {Shorten(cause.GetBaseException().Message)}",
        RedisConnectionException lost => lost.FailureType.ToString(),
        AuthenticationException => "TLS: " + Shorten(error.Message),
        SocketException refused => refused.SocketErrorCode.ToString(),
        IOException { InnerException: SocketException cause } => cause.SocketErrorCode.ToString(),
        IOException or InvalidDataException => Shorten(error.GetBaseException().Message),
        _ => error.GetType().Name,
    };

    /// <summary>
    /// What Redis said to a connection that was being made, such as that the user may not do what the client does then.
    /// </summary>
    private static string? SaidBy(Exception error)
    {
        int at = error.Message.IndexOf(Said, StringComparison.Ordinal);
        return at < 0 ? null : Shorten(error.Message[(at + Said.Length)..]);
    }

    private static string Shorten(string message) => message.Length <= MaxExplanation ? message : message[..MaxExplanation];

    private static bool Begins(Exception error, string code) => error.Message.StartsWith(code, StringComparison.Ordinal);
}
