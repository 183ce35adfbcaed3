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
    private volatile bool _isSilent;

    /// <summary>True while the decisions of a reply that was read are answered.</summary>
    private volatile bool _hasRead;

    /// <summary>The connection with calls that were not sent yet.</summary>
    private NodeConnection? _written;

    /// <summary>Calls whose replies were not read yet.</summary>
    private int _owed;

    /// <param name="node">The node.</param>
    /// <param name="patience">Maximum time to wait for the first connection.</param>
    /// <param name="open">Makes the batcher of decisions that this shard sends.</param>
    public Shard(Node node, TimeSpan patience, Func<IScriptWire, Batcher> open)
    {
        _node = node;
        _patience = patience;
        Batcher = open(this);
    }

    /// <summary>The decisions for the node.</summary>
    public Batcher Batcher { get; }

    /// <summary>True if the node answers, as far as is known.</summary>
    public bool Answers => IsConnected && !_isSilent;

    /// <summary>Where the node is.</summary>
    public EndPoint EndPoint => _node.EndPoint;

    /// <summary>The node in logs and metrics: host and port.</summary>
    public string Name => RespErrors.NameOf(EndPoint);

    /// <inheritdoc/>
    public bool IsConnected => _node.Connection is not null;

    /// <inheritdoc/>
    public bool HasArrived => _hasRead || _node.HasArrived;

    /// <inheritdoc cref="Node.ConnectAsync"/>
    public Task ConnectAsync() => _node.ConnectAsync();

    /// <inheritdoc cref="Node.Follow"/>
    public void Follow(string runId) => _node.Follow(runId);

    /// <inheritdoc/>
    public void Answered() => _isSilent = false;

    /// <inheritdoc/>
    public StoreFault Failed(StoreFault fault, int decisions)
    {
        _isSilent = fault is StoreFault.Late or StoreFault.Unreachable;
        return fault;
    }

    /// <inheritdoc/>
    /// <remarks>Waits for the very first connection, since the node can decide nothing before it.</remarks>
    public void Prepare()
    {
        if (_owed == 0 && _node.Connection is { IsClosedWhileIdle: true } closed)
            _node.Drop(closed, new EndOfStreamException("the connection was closed"));
        if (_node.Connection is not null)
            return;
        var connecting = _node.ConnectAsync();
        if (_node.Fault is null)
            connecting.Wait(_patience);
    }

    /// <inheritdoc/>
    public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
    {
        if (_node.Connection is not { } connection)
            throw Unconnected();
        try
        {
            connection.Write(call, withText, asking);
        }
        catch (Exception fault)
        {
            _node.Drop(connection, fault);
            throw;
        }

        _owed++;
        _hasRead = false;
        _written = connection;
        return new Reply(this, connection, asking);
    }

    /// <inheritdoc/>
    public void Flush()
    {
        if (_written is not { } connection)
            return;
        _written = null;
        try
        {
            connection.Flush();
        }
        catch (Exception fault)
        {
            // The replies fail for the same reason.
            _node.Drop(connection, fault);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Batcher.Dispose();
        _node.Dispose();
    }

    /// <summary>Why nothing can be sent. A redirection of a call of our own is none of the caller's call.</summary>
    private Exception Unconnected() => _node.Fault is null or RedisServerException { Kind: RedisErrorKind.Moved or RedisErrorKind.Ask }
        ? new EndOfStreamException("there is no connection yet", _node.Fault)
        : _node.Fault;

    /// <summary>
    /// The reply to a call. The shard's thread reads it from the connection, in the order of the calls.
    /// </summary>
    private sealed class Reply(Shard shard, NodeConnection connection, bool asked) : ScriptReply
    {
        public override ReadOnlySpan<byte> Read()
        {
            shard._owed--;
            shard._hasRead = false;
            try
            {
                if (asked)
                    ReadAsking();
                var reply = connection.Read();
                shard._hasRead = true;
                return reply;
            }
            catch (RedisServerException error)
            {
                // A replica now. Its address may lead to the new master already.
                if (error.Kind == RedisErrorKind.ReadOnly)
                    shard._node.Drop(connection, error);
                throw;
            }
            catch (Exception fault)
            {
                shard._node.Drop(connection, fault);
                throw;
            }
        }

        /// <summary>
        /// If ASKING is refused, the reply to the call comes all the same, and is not left to the next call.
        /// </summary>
        private void ReadAsking()
        {
            try
            {
                connection.Read();
            }
            catch (RedisServerException)
            {
                SkipReply();
                throw;
            }
        }

        private void SkipReply()
        {
            try
            {
                connection.Read();
            }
            catch (RedisServerException)
            {
                // Without ASKING, the call was refused or redirected.
            }
        }
    }
}
