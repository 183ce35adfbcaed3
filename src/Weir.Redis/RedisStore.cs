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
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task<ConnectionMultiplexer> _connecting;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private TakeBatcher? _batcher;
    private string? _connectError;

    /// <summary>
    /// Opens the store and returns at once. Redis need not be there: until it is, every answer is
    /// <see cref="StoreFault.Unreachable"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The endpoints cannot be read, or name no host.</exception>
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
    public string? LastError => Volatile.Read(ref _batcher) is { } batcher ? batcher.LastError : Volatile.Read(ref _connectError);

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
        await _stopping.CancelAsync().ConfigureAwait(false);
        await ((Task)_connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connecting.IsCompletedSuccessfully)
            await _connecting.Result.DisposeAsync().ConfigureAwait(false);
        _batcher?.Dispose();
        _stopping.Dispose();
    }

    /// <summary>Tries until it succeeds. A server that is not there does not end a try, so failures are rare: such as no address for a name.</summary>
    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration)
    {
        while (true)
        {
            try
            {
                var connection = await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
                Volatile.Write(ref _batcher, new TakeBatcher(connection.GetDatabase(), _options.Deadline, _time));
                return connection;
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Volatile.Write(ref _connectError, RedisFaults.Explain(failure));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(RedisConnection.RetryMs), _time, _stopping.Token).ConfigureAwait(false);
        }
    }

    private ValueTask<BucketAnswer> Ask(in LimitSet limits, bool spend, CancellationToken cancellation)
    {
        if (_batcher is not { } batcher)
            return new(BucketAnswer.Failed(StoreFault.Unreachable));
        var asked = batcher.AskAsync(RedisKeyFormat.KeyOf(_options.Prefix, limits), limits.Limit!.Quota, limits.Facts.Cost, spend);
        return cancellation.CanBeCanceled && !asked.IsCompleted ? new(asked.AsTask().WaitAsync(cancellation)) : asked;
    }
}
