using System.Net;

namespace Weir.Redis;

/// <summary>
/// One Redis node: its connection, or why there is none. Connects in the background and again when asked to.
/// </summary>
/// <param name="endpoint">Where it is.</param>
/// <param name="open">Opens a connection, or throws what prevents it.</param>
/// <param name="time">The clock of the pause after a failure.</param>
internal sealed class Node(EndPoint endpoint, Func<EndPoint, NodeConnection> open, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(RedisConnection.RetryMs);

    private readonly Lock _gate = new();
    private NodeConnection? _connection;
    private Exception? _fault;
    private Task _connecting = Task.CompletedTask;
    private long _failedAt;

    /// <summary>
    /// The run id of the server to which the address leads since the last attempt began; null if it is the same.
    /// </summary>
    private string? _movedTo;
    private bool _isClosed;

    /// <summary>Where it is.</summary>
    public EndPoint EndPoint => endpoint;

    /// <summary>The connection; null if there is none now.</summary>
    public NodeConnection? Connection => Volatile.Read(ref _connection);

    /// <summary>True if a reply, or the end of the connection, waits to be read.</summary>
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

    /// <summary>Why there is no connection; null if none was lost or refused yet.</summary>
    public Exception? Fault => Volatile.Read(ref _fault);

    /// <summary>Connects unless it is connected, connecting, or pausing after a failure.</summary>
    /// <returns>Ends after the attempt that is under way.</returns>
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

    /// <summary>Closes a connection that failed or leads to the wrong server.</summary>
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

    /// <summary>
    /// Opens a new connection in place of one that leads to another server than the address does now.
    /// </summary>
    /// <param name="runId">The run id of the server to which the address leads.</param>
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

    /// <inheritdoc/>
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

    /// <summary>Blocks, and so needs a thread of its own.</summary>
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
