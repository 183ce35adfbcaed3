using System.Net;

namespace Weir.Redis;

/// <summary>A Redis node: its connection, or the error that prevents one. Connects in the background.</summary>
internal sealed class Node(EndPoint endpoint, Func<EndPoint, NodeConnection> open, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(RedisConnection.RetryMs);

    private readonly Lock _gate = new();
    private NodeConnection? _connection;
    private Exception? _fault;
    private Task _connecting = Task.CompletedTask;
    private long _failedAt;

    /// <summary>Run id of another server found at the address since the last attempt began; null for none.</summary>
    private string? _movedTo;
    private bool _isClosed;

    public EndPoint EndPoint => endpoint;

    public NodeConnection? Connection => Volatile.Read(ref _connection);

    /// <summary>True if a reply, or the end of the connection, has arrived and has not been read yet.</summary>
    public bool HasArrived
    {
        get
        {
            try
            {
                return Connection is { HasArrived: true };
            }
            catch (Exception closed) when (closed is ObjectDisposedException or System.Net.Sockets.SocketException)
            {
                return false;
            }
        }
    }

    public Exception? Fault => Volatile.Read(ref _fault);

    /// <summary>Connects unless connected, connecting, closed or in a pause. Completes with the attempt.</summary>
    public Task ConnectAsync()
    {
        lock (_gate)
        {
            bool mayTry = _connection is null && _connecting.IsCompleted && !_isClosed;
            if (mayTry && (_failedAt == 0 || time.GetElapsedTime(_failedAt) >= Pause))
                _connecting = Task.Factory.StartNew(Connect, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            return _connecting;
        }
    }

    public void Drop(NodeConnection connection, Exception fault)
    {
        lock (_gate)
        {
            if (_connection != connection)
                return;
            (_connection, _fault) = (null, fault);
        }

        connection.Dispose();
    }

    public void Follow(string runId)
    {
        NodeConnection? connection;
        lock (_gate)
            (_movedTo, connection) = (runId, _connection);
        if (connection is null || !LeadsElsewhere(connection, runId))
            return;
        Drop(connection, Moved());
        _ = ConnectAsync();
    }

    public void Dispose()
    {
        NodeConnection? connection;
        lock (_gate)
            (_isClosed, connection, _connection) = (true, _connection, null);
        connection?.Dispose();
    }

    private static bool LeadsElsewhere(NodeConnection connection, string? runId) =>
        connection.RunId is { } before && runId is not null && before != runId;

    private static EndOfStreamException Moved() => new("its address leads to another server now");

    /// <summary>Opens the connection. Blocks, and so needs a thread of its own.</summary>
    private void Connect()
    {
        try
        {
            lock (_gate)
                _movedTo = null;
            var connection = open(endpoint);
            lock (_gate)
            {
                if (!_isClosed && !LeadsElsewhere(connection, _movedTo))
                {
                    (_connection, _failedAt) = (connection, 0);
                    return;
                }
            }

            connection.Dispose();
            throw Moved();
        }
        catch (Exception fault)
        {
            lock (_gate)
                (_fault, _failedAt) = (fault, time.GetTimestamp());
        }
    }
}
