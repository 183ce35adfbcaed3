using System.Net;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>A Redis node with its own thread, queue and deadlines: if it hangs, it delays no other node.</summary>
internal sealed class Shard : IScriptWire, IDisposable
{
    private readonly Node _node;
    private readonly TimeSpan _patience;
    private volatile bool _isSilent;

    /// <summary>True after a reply was read, while its decisions are being answered.</summary>
    private volatile bool _hasRead;

    private NodeConnection? _written;

    private int _owed;

    public Shard(Node node, TimeSpan patience, Func<IScriptWire, Batcher> open)
    {
        _node = node;
        _patience = patience;
        Batcher = open(this);
    }

    public Batcher Batcher { get; }

    public bool Answers => IsConnected && !_isSilent;

    public EndPoint EndPoint => _node.EndPoint;

    public string Name => RespErrors.NameOf(EndPoint);

    public bool IsConnected => _node.Connection is not null;

    public bool HasArrived => _hasRead || _node.HasArrived;

    public Task ConnectAsync() => _node.ConnectAsync();

    public void Follow(string runId) => _node.Follow(runId);

    public void Answered() => _isSilent = false;

    public StoreFault Failed(StoreFault fault, int decisions)
    {
        _isSilent = fault is StoreFault.Late or StoreFault.Unreachable;
        return fault;
    }

    /// <remarks>Waits only for the node's first attempt to connect. Later attempts run in the background.</remarks>
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
            // The pending replies fail with the same error.
            _node.Drop(connection, fault);
        }
    }

    public void Dispose()
    {
        Batcher.Dispose();
        _node.Dispose();
    }

    /// <summary>Returns the error of the connection, or a general one if the last error was a redirection.</summary>
    private Exception Unconnected() => _node.Fault is null or RedisServerException { Kind: RedisErrorKind.Moved or RedisErrorKind.Ask }
        ? new EndOfStreamException("there is no connection yet", _node.Fault)
        : _node.Fault;

    /// <summary>Reply to a script call. The shard's thread reads replies in the order of their calls.</summary>
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
                // The node is a replica now. Its address may already lead to the new master.
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

        /// <summary>Reads the reply to ASKING. After an error, also skips the reply to the call.</summary>
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
                // Without ASKING, Redis rejected or redirected the call.
            }
        }
    }
}
