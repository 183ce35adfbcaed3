using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server;

/// <summary>A connection that counts against a <see cref="ConnectionBound"/> until its socket is closed.</summary>
internal sealed class BoundedConnection : ConnectionContext
{
    private readonly ConnectionContext _inner;
    private readonly ConnectionBound _bound;

    public BoundedConnection(ConnectionContext inner, ConnectionBound bound, bool isManagement)
    {
        (_inner, _bound, IsManagement) = (inner, bound, isManagement);
        UsedAt = bound.Now;
        Features.Set(this);
    }

    /// <summary>True if it was made to an address of <c>Weir:Management:Urls</c>.</summary>
    public bool IsManagement { get; }

    /// <summary>Timestamp at which its last request began, or at which it was accepted.</summary>
    public long UsedAt { get; private set; }

    /// <summary>True once it has sent a request.</summary>
    public bool IsUsed { get; private set; }

    /// <summary>True once it is closed to make room.</summary>
    public bool IsClosing { get; set; }

    /// <summary>Its index in the table of the bound.</summary>
    public int Slot { get; set; }

    /// <inheritdoc/>
    public override string ConnectionId { get => _inner.ConnectionId; set => _inner.ConnectionId = value; }

    /// <inheritdoc/>
    public override IFeatureCollection Features => _inner.Features;

    /// <inheritdoc/>
    public override IDictionary<object, object?> Items { get => _inner.Items; set => _inner.Items = value; }

    /// <inheritdoc/>
    public override IDuplexPipe Transport { get => _inner.Transport; set => _inner.Transport = value; }

    /// <inheritdoc/>
    public override CancellationToken ConnectionClosed { get => _inner.ConnectionClosed; set => _inner.ConnectionClosed = value; }

    /// <inheritdoc/>
    public override EndPoint? LocalEndPoint { get => _inner.LocalEndPoint; set => _inner.LocalEndPoint = value; }

    /// <inheritdoc/>
    public override EndPoint? RemoteEndPoint { get => _inner.RemoteEndPoint; set => _inner.RemoteEndPoint = value; }

    /// <summary>Notes that a request begins.</summary>
    public void Use() => (UsedAt, IsUsed) = (_bound.Now, true);

    /// <inheritdoc/>
    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync();
        await base.DisposeAsync();
        _bound.Remove(this);
    }
}
