using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Buckets in Redis: one script call for a batch of decisions, on the clock of Redis, so that all instances share one limit and no
/// instance's clock matters (law L5).
/// </summary>
/// <remarks>
/// <para>
/// A take is never sent twice. One that was not answered in time may have happened: it is charged at most once more by
/// whoever answers in Redis' place, never less.
/// </para>
/// <para>What goes wrong is a <see cref="StoreFault"/>; the only exception is a cancellation. Safe for concurrent use.</para>
/// </remarks>
public sealed class RedisStore : IBucketStore, IAsyncDisposable
{
    private readonly Task<ConnectionMultiplexer> _connecting;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private TakeBatcher? _batcher;

    /// <summary>
    /// Opens the store and returns at once. Redis need not be there: until it is, every answer is
    /// <see cref="StoreFault.Unreachable"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The endpoints cannot be read.</exception>
    public RedisStore(RedisOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _connecting = ConnectAsync(RedisConnection.Configure(options));
    }

    /// <inheritdoc/>
    public DecisionSource Source => DecisionSource.Redis;

    /// <summary>
    /// What went wrong last, in a few words for a log: what Redis said, or how the connection failed. Null when nothing has.
    /// It is not reset by an answer, and holds no secrets.
    /// </summary>
    public string? LastError => Volatile.Read(ref _batcher)?.LastError;

    /// <summary>Waits until there is a connection, or until <paramref name="patience"/> is over. True when there is one.</summary>
    public async Task<bool> WaitUntilConnectedAsync(TimeSpan patience, CancellationToken cancellation = default)
    {
        await ((Task)_connecting).WaitAsync(patience, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _connecting.IsCompletedSuccessfully && _connecting.Result.IsConnected;
    }

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> TakeAsync(LimitSet limits, CancellationToken cancellation = default) =>
        Ask(limits, spend: true, cancellation);

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> CheckAsync(LimitSet limits, CancellationToken cancellation = default) =>
        Ask(limits, spend: false, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var connection = await _connecting.ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
        _batcher?.Dispose();
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
        Volatile.Write(ref _batcher, new TakeBatcher(connection.GetDatabase(), _options.Deadline, _time));
        return connection;
    }

    private ValueTask<BucketAnswer> Ask(in LimitSet limits, bool spend, CancellationToken cancellation)
    {
        if (_batcher is not { } batcher)
            return new(BucketAnswer.Failed(StoreFault.Unreachable));
        var asked = batcher.AskAsync(RedisKeyFormat.KeyOf(_options.Prefix, limits), limits.Limit!.Quota, limits.Facts.Cost, spend);
        return cancellation.CanBeCanceled && !asked.IsCompleted ? new(asked.AsTask().WaitAsync(cancellation)) : asked;
    }
}
