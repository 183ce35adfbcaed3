using System.Net;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// One Redis node with a connection, a thread, a queue and deadlines of its own, so that a node that hangs delays no
/// decision of another. Its thread sends and reads.
/// </summary>
internal sealed class Shard : IScriptWire, IDisposable
{
    private readonly Node _node;
    private readonly TimeSpan _patience;

    /// <param name="node">The node.</param>
    /// <param name="patience">Maximum time to wait for the first connection.</param>
    /// <param name="open">Makes the batcher of decisions that this shard sends.</param>
    public Shard(Node node, TimeSpan patience, Func<IScriptWire, TakeBatcher> open)
    {
        _node = node;
        _patience = patience;
        Batcher = open(this);
    }

    /// <summary>The decisions for the node.</summary>
    public TakeBatcher Batcher { get; }

    /// <summary>Where the node is.</summary>
    public EndPoint EndPoint => _node.EndPoint;

    /// <summary>The node in logs and metrics: host and port.</summary>
    public string Name => RespErrors.NameOf(EndPoint);

    /// <inheritdoc/>
    public bool IsConnected => _node.Connection is not null;

    /// <inheritdoc/>
    public bool HasArrived => _node.HasArrived;

    /// <inheritdoc cref="Node.ConnectAsync"/>
    public Task ConnectAsync() => _node.ConnectAsync();

    /// <inheritdoc cref="Node.Follow"/>
    public void Follow(string runId) => _node.Follow(runId);

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
        if (ConnectionNow() is not { } connection)
            throw _node.Fault ?? new EndOfStreamException("there is no connection yet");
        try
        {
            connection.Write(call, withText, asking);
            connection.Flush();
        }
        catch (Exception fault)
        {
            _node.Drop(connection, fault);
            throw;
        }

        return new Reply(_node, connection, asking);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Batcher.Dispose();
        _node.Dispose();
    }

    /// <summary>
    /// Returns the connection; null if there is none now, and begins an attempt to connect. The first attempt is waited
    /// for, since the node can decide nothing before it.
    /// </summary>
    private NodeConnection? ConnectionNow()
    {
        if (_node.Connection is { } connection)
            return connection;
        var connecting = _node.ConnectAsync();
        if (_node.Fault is null)
            connecting.Wait(_patience);
        return _node.Connection;
    }

    /// <summary>The reply to a call. The shard's thread reads it from the connection, in the order of the calls.</summary>
    private sealed class Reply(Node node, NodeConnection connection, bool asked) : ScriptReply
    {
        public override ReadOnlySpan<byte> Read()
        {
            try
            {
                if (asked)
                    connection.Read();
                return connection.Read();
            }
            catch (RedisServerException error)
            {
                // A replica now. Its address may lead to the new master already.
                if (error.Kind == RedisErrorKind.ReadOnly)
                    node.Drop(connection, error);
                throw;
            }
            catch (Exception fault)
            {
                node.Drop(connection, fault);
                throw;
            }
        }
    }
}
