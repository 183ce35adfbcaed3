using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Weir.Server;

/// <summary>Limits accepted connections, because a process without free descriptors fails.</summary>
internal sealed class BoundedTransport(
    IConnectionListenerFactory inner, IConnectionListenerFactory ofResp, ConnectionBounds bounds) : IConnectionListenerFactory
{
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var transport = endpoint is RespEndPoint ? ofResp : inner;
        return new Listener(await BindAsync(transport, endpoint, cancellationToken), bounds, endpoint);
    }

    /// <summary>Listens on all IPv4 addresses in place of <c>*</c> on a machine without IPv6.</summary>
    private static async ValueTask<IConnectionListener> BindAsync(
        IConnectionListenerFactory transport, EndPoint endpoint, CancellationToken cancellationToken)
    {
        try
        {
            return await transport.BindAsync(endpoint, cancellationToken);
        }
        catch (SocketException) when (endpoint is RespEndPoint { IsAny: true } resp)
        {
            return await transport.BindAsync(resp.OverIPv4(), cancellationToken);
        }
    }

    private sealed class Listener(IConnectionListener inner, ConnectionBounds bounds, EndPoint listening) : IConnectionListener
    {
        /// <summary>Number of refusals between two pauses, which slow down reconnecting clients.</summary>
        private const int RefusalsPerPause = 32;

        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(16);

        private readonly ConnectionBound _bound = listening is ManagementEndPoint ? bounds.OfManagement : bounds.OfCallers;

        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            while (await inner.AcceptAsync(cancellationToken) is { } accepted)
            {
                var connection = new BoundedConnection(accepted, _bound, listening);
                if (_bound.TryAdd(connection))
                    return connection;
                bounds.LogRefused(_bound);
                accepted.Abort();
                await accepted.DisposeAsync();
                if (_bound.Refused % RefusalsPerPause == 0)
                    await Task.Delay(Pause, cancellationToken);
            }

            return null;
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
