using System.IO.Pipelines;
using System.Net;

namespace Weir.Server;

/// <summary>State of a RESP connection: protocol, name, API key and replies.</summary>
internal sealed class RespSession(long id, EndPoint? remote, EndPoint? local, PipeWriter output, Decider decider)
{
    public long Id => id;

    public EndPoint? Remote => remote;

    public EndPoint? Local => local;

    public bool IsResp3 { get; set; }

    /// <summary>Name from <c>CLIENT SETNAME</c> or <c>HELLO</c>; empty if none was set.</summary>
    public string Name { get; set; } = "";

    public (string Name, string Version) Library { get; set; } = ("", "");

    /// <summary>API key of the connection; null if no key was sent or the key is no longer valid.</summary>
    public ApiKey? Key { get; set; }

    /// <summary>True if a key was sent that is no longer valid.</summary>
    public bool IsKeyGone { get; set; }

    /// <summary>True if the connection ends after the replies written so far.</summary>
    public bool IsClosing { get; set; }

    /// <summary>True after a decision, until the connection resets it.</summary>
    public bool HasDecided { get; set; }

    /// <summary>Invalid keys since the last valid one.</summary>
    public int FailedLogins { get; set; }

    public RespReplies Replies { get; } = new(output, decider);

    public RespWriter Writer => new(Replies.Output, IsResp3);

    public string Tenant => Key?.Tenant ?? RequestFacts.DefaultTenant;

    public void Reset()
    {
        (IsResp3, Name, Key, IsKeyGone) = (false, "", null, false);
    }
}
