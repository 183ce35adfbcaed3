using System.Net;

namespace Weir.Server;

/// <summary>Authenticates RESP connections, with the same keys and rules as over HTTP.</summary>
internal sealed class RespLogin(AccessRule rule, ApiKeys keys, FailedLogins failures)
{
    public const string Required = "NOAUTH Authentication required: send AUTH with an API key";

    private const string Unknown =
        "UNAVAILABLE this instance has not reached the store of keys since its start; try again shortly";

    /// <summary>True if the connection may use commands that need a key.</summary>
    public bool IsOpenTo(RespSession session) =>
        session.Key is not null || (rule.AnonymousMayTake && !session.IsKeyGone);

    /// <summary>Updates the key of a connection, because the key may be revoked or expired.</summary>
    public void Renew(RespSession session)
    {
        if (session.Key is not { } key)
            return;
        session.Key = keys.Renewed(key);
        session.IsKeyGone = session.Key is null;
    }

    /// <summary>Assigns the key of a secret to the connection. Returns an error if the secret is invalid.</summary>
    public string? LogIn(RespSession session, ReadOnlySpan<byte> secret)
    {
        // Read this flag first: keys that arrive during the lookup must not make a valid key invalid.
        bool allKnown = keys.IsComplete;
        if (keys.Find(secret) is { } key)
        {
            (session.Key, session.IsKeyGone, session.FailedLogins) = (key, false, 0);
            return null;
        }

        if (!allKnown)
            return Unknown;
        session.FailedLogins++;
        session.IsClosing |= session.FailedLogins >= RespBounds.MaxFailedLogins;
        return failures.Count((session.Remote as IPEndPoint)?.Address) is { } wait
            ? $"WRONGPASS wrong keys came from this address too often: wait {Spelling.Seconds(wait)} s; a right one is "
                + "let through at once"
            : "WRONGPASS invalid API key: send AUTH with a valid one";
    }
}
