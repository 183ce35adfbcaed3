using System.IO.Pipelines;
using System.Net;

namespace Weir.Server;

/// <summary>What a connection of the RESP door has told of itself, and its replies.</summary>
internal sealed class RespSession(long id, EndPoint? remote, EndPoint? local, PipeWriter output, Decider decider)
{
    public long Id => id;

    public EndPoint? Remote => remote;

    public EndPoint? Local => local;

    public bool IsResp3 { get; set; }

    /// <summary>The name given with <c>CLIENT SETNAME</c>; empty if there is none.</summary>
    public string Name { get; set; } = "";

    public (string Name, string Version) Library { get; set; } = ("", "");

    /// <summary>The API key; null if none was sent, or if it opens nothing any more.</summary>
    public ApiKey? Key { get; set; }

    /// <summary>True if a key was sent that opens nothing any more.</summary>
    public bool IsKeyGone { get; set; }

    /// <summary>True once the connection is to end after the replies written so far.</summary>
    public bool IsClosing { get; set; }

    public RespReplies Replies { get; } = new(output, decider);

    public RespWriter Writer => new(Replies.Output, IsResp3);

    public string Tenant => Key?.Tenant ?? RequestFacts.DefaultTenant;

    public void Reset()
    {
        (IsResp3, Name, Key, IsKeyGone) = (false, "", null, false);
    }
}
