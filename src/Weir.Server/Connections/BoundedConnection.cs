using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server;

internal sealed class BoundedConnection : ConnectionContext
{
    private readonly ConnectionContext _inner;
    private readonly ConnectionBound _bound;

    public BoundedConnection(ConnectionContext inner, ConnectionBound bound, EndPoint listening)
    {
        (_inner, _bound) = (inner, bound);
        (IsManagement, IsGrpc) = (listening is ManagementEndPoint, listening is GrpcEndPoint);
        UsedAt = bound.Now;
        Features.Set(this);
    }

    public bool IsManagement { get; }

    /// <summary>True on the address of <c>Weir:Grpc:Listen</c>.</summary>
    public bool IsGrpc { get; }

    /// <summary>Timestamp at which the last request began, or the connection was accepted.</summary>
    public long UsedAt { get; private set; }

    public bool IsUsed { get; private set; }

    public bool IsClosing { get; set; }

    public int Slot { get; set; }

    /// <summary>Runs when all answers have been sent, or the connection was aborted.</summary>
    public Action? OnDisposed { get; set; }

    public override string ConnectionId { get => _inner.ConnectionId; set => _inner.ConnectionId = value; }

    public override IFeatureCollection Features => _inner.Features;

    public override IDictionary<object, object?> Items { get => _inner.Items; set => _inner.Items = value; }

    public override IDuplexPipe Transport { get => _inner.Transport; set => _inner.Transport = value; }

    public override CancellationToken ConnectionClosed { get => _inner.ConnectionClosed; set => _inner.ConnectionClosed = value; }

    public override EndPoint? LocalEndPoint { get => _inner.LocalEndPoint; set => _inner.LocalEndPoint = value; }

    public override EndPoint? RemoteEndPoint { get => _inner.RemoteEndPoint; set => _inner.RemoteEndPoint = value; }

    public void Use() => (UsedAt, IsUsed) = (_bound.Now, true);

    public override void Abort(ConnectionAbortedException abortReason) => _inner.Abort(abortReason);

    public override async ValueTask DisposeAsync()
    {
        await _inner.DisposeAsync();
        await base.DisposeAsync();
        _bound.Remove(this);
        OnDisposed?.Invoke();
    }
}
