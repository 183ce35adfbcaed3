using System.Runtime.CompilerServices;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>
/// Buckets in Redis: one script call a decision, on the clock of Redis, so that all instances share one limit and no
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
    private static readonly string Script = LoadScript();

    private readonly Task<ConnectionMultiplexer> _connecting;
    private readonly RedisOptions _options;
    private readonly TimeProvider _time;
    private IDatabaseAsync? _database;

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

    /// <summary>Waits until there is a connection, or until <paramref name="patience"/> is over. True when there is one.</summary>
    public async Task<bool> WaitUntilConnectedAsync(TimeSpan patience, CancellationToken cancellation = default)
    {
        await ((Task)_connecting).WaitAsync(patience, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return _connecting.IsCompletedSuccessfully && _connecting.Result.IsConnected;
    }

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> TakeAsync(LimitSet limits, CancellationToken cancellation = default) =>
        AskAsync(limits, spend: true, cancellation);

    /// <inheritdoc/>
    public ValueTask<BucketAnswer> CheckAsync(LimitSet limits, CancellationToken cancellation = default) =>
        AskAsync(limits, spend: false, cancellation);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        var connection = await _connecting.ConfigureAwait(false);
        await connection.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration)
    {
        var connection = await ConnectionMultiplexer.ConnectAsync(configuration).ConfigureAwait(false);
        Volatile.Write(ref _database, connection.GetDatabase());
        return connection;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<BucketAnswer> AskAsync(LimitSet limits, bool spend, CancellationToken cancellation)
    {
        if (_database is null)
            return BucketAnswer.Failed(StoreFault.Unreachable);
        Task<RespResult> asked;
        try
        {
            asked = Send(_database, limits, spend);
        }
        catch (RedisException fault)
        {
            return BucketAnswer.Failed(RedisFaults.Classify(fault));
        }

        if (!asked.IsCompleted)
            await ((Task)asked).WaitAsync(_options.Deadline, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Conclude(asked, cancellation);
    }

    private Task<RespResult> Send(IDatabaseAsync database, in LimitSet limits, bool spend)
    {
        var keys = new RedisKey[] { RedisKeyFormat.KeyOf(_options.Prefix, limits) };
        var arguments = new RedisValue[] { TakeArguments.Of(limits.Limit!.Quota, limits.Facts.Cost, spend) };
        return database.ScriptEvaluateRespAsync(Script, keys, arguments, CommandFlags.DemandMaster);
    }

    private static BucketAnswer Conclude(Task<RespResult> asked, CancellationToken cancellation)
    {
        if (asked.IsCompletedSuccessfully)
        {
            using var reply = asked.Result;
            return TakeReply.Read(reply);
        }

        if (asked.IsFaulted)
            return BucketAnswer.Failed(RedisFaults.Classify(asked.Exception.InnerException!));
        _ = asked.ContinueWith(Discard, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        cancellation.ThrowIfCancellationRequested();
        return BucketAnswer.Failed(StoreFault.Late);
    }

    /// <summary>An answer that nobody waits for any more gives its buffer back, and a fault is seen.</summary>
    private static void Discard(Task<RespResult> late)
    {
        if (late.IsCompletedSuccessfully)
            late.Result.Dispose();
        else
            _ = late.Exception;
    }

    private static string LoadScript()
    {
        using var stream = typeof(RedisStore).Assembly.GetManifestResourceStream("take.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
