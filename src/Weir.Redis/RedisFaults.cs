using System.Net.Sockets;
using System.Security.Authentication;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Classifies and explains the errors of Redis and of its connections.</summary>
internal static class RedisFaults
{
    private const int MaxExplanation = 200;
    private const string Said = "SimpleError: ";

    public static StoreFault Classify(Exception? error) => error switch
    {
        RedisTimeoutException => StoreFault.Late,
        // Redis is reachable, but does not answer a request or a new connection in time.
        SocketException { SocketErrorCode: SocketError.TimedOut } => StoreFault.Late,
        IOException { InnerException: SocketException { SocketErrorCode: SocketError.TimedOut } } => StoreFault.Late,
        // The node of the slot is unreachable: another node redirects to it, or reports the slot as down.
        RedisServerException { Kind: RedisErrorKind.Moved or RedisErrorKind.ClusterDown } => StoreFault.Unreachable,
        // Covers OOM, READONLY, LOADING, NOAUTH, NOPERM, MASTERDOWN, BUSY, and errors of later versions.
        RedisServerException => StoreFault.Refusing,
        // The client rejected the command in advance, such as for an unknown database.
        RedisCommandException => StoreFault.Refusing,
        _ => StoreFault.Unreachable,
    };

    public static bool IsUnknownScript(Exception error) => error is RedisServerException && Begins(error, "NOSCRIPT");

    public static bool IsSeveralSlots(Exception error) =>
        error is RedisServerException && Begins(error, "CROSSSLOT");

    public static bool IsMoved(Exception error) => error is RedisServerException { Kind: RedisErrorKind.Moved };

    /// <summary>True for ASK: Redis did not run the batch, because its keys are at the slot's new node.</summary>
    public static bool IsMoving(Exception error) => error is RedisServerException { Kind: RedisErrorKind.Ask };

    /// <summary>True for TRYAGAIN: Redis did not run the batch, because only some of its keys have moved.</summary>
    public static bool IsHalfMoved(Exception error) => error is RedisServerException { Kind: RedisErrorKind.TryAgain };

    /// <summary>Explains an error for a log. Omits the client's own messages, which may contain settings.</summary>
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

    /// <summary>Returns Redis' error to a new connection, such as a missing right; null if there is none.</summary>
    private static string? SaidBy(Exception error)
    {
        int at = error.Message.IndexOf(Said, StringComparison.Ordinal);
        return at < 0 ? null : Shorten(error.Message[(at + Said.Length)..]);
    }

    private static string Shorten(string message) => message.Length <= MaxExplanation ? message : message[..MaxExplanation];

    private static bool Begins(Exception error, string code) => error.Message.StartsWith(code, StringComparison.Ordinal);
}
