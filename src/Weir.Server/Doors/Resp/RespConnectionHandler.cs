using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server;

internal sealed class RespConnectionHandler(RespServices services, RespConnections connections, Decider decider)
    : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var session = new RespSession(
            connections.NextId(), connection.RemoteEndPoint, connection.LocalEndPoint, connection.Transport.Output,
            decider);
        var bounded = connection.Features.GetRequiredFeature<BoundedConnection>();
        var serving =
            new RespConnection(connection.Transport, session, services, bounded.Use, connection.Abort);
        connections.Add(serving);
        // Kestrel sends the last replies after this method, without a timeout: the connection stays tracked until then.
        bounded.OnDisposed = () => connections.Remove(serving);
        // On a stop, Kestrel requests the end of each connection, and later aborts slow connections.
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        var stopping = lifetime?.ConnectionClosedRequested ?? default;
        await using var end = stopping.Register(static serving => ((RespConnection)serving!).End(), serving);
        try
        {
            await serving.RunAsync();
        }
        catch (Exception dropped) when (dropped is IOException or OperationCanceledException)
        {
            // The client has closed the connection.
        }
        finally
        {
            serving.Finish();
        }
    }
}
