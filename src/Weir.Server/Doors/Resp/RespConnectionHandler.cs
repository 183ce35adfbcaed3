using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Weir.Server;

internal sealed class RespConnectionHandler(RespServices services, RespConnections connections, Decider decider)
    : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var session = new RespSession(
            connections.NextId(), connection.RemoteEndPoint, connection.LocalEndPoint, connection.Transport.Output,
            decider);
        var bounded = connection.Features.Get<BoundedConnection>();
        var serving = new RespConnection(
            connection.Transport, session, services, bounded is null ? null : bounded.Use, connection.Abort);
        connections.Add(serving);
        // Kestrel asks for the end when it stops; it drops connections that take too long.
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        var stopping = lifetime?.ConnectionClosedRequested ?? default;
        await using var end = stopping.Register(static serving => ((RespConnection)serving!).End(), serving);
        try
        {
            await serving.RunAsync();
        }
        catch (Exception dropped) when (dropped is IOException or OperationCanceledException)
        {
            // The client has dropped the connection, which is an IOException, too.
        }
        finally
        {
            connections.Remove(serving);
        }
    }
}
