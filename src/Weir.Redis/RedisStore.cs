using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Stores buckets in Redis. One script call decides a batch on the clock of Redis, so that all instances share
/// one limit and no instance's clock matters (law L5).</summary>
/// <remarks>Never repeats a take that Redis may have executed. If the reply is late, the fallback has decided, so the
/// take is undone (<see cref="LateReplies"/>); without a reply, the take may stay charged. Reports errors as a
/// <see cref="StoreFault"/>; only a cancellation throws. Safe for concurrent use.</remarks>
public sealed class RedisStore : IBucketStore, IShardMap, IAsyncDisposable
{
    /// <summary>Minimum bound in bytes of a partition's stored answers: room for one answer of any size.</summary>
    private const long MinAnswerBytes = 16 * 1024;

    private readonly CancellationTokenSource _stopping = new();
    private readonly Task<ConnectionMultiplexer> _connecting;
    private readonly NodeConnections? _nodes;
    private readonly RedisOptions _options;
    private readonly PartitionCount _partitions;
    private readonly RedisKeyFormat _keys;
    private readonly string _given;
    private readonly TimeProvider _time;
    private readonly bool _isGuest;
    private readonly ShardNumbers _numbers = new();
    private readonly LateReplies _late;
    private readonly GivenBackNotice _givenBack;
    private readonly RedisClock _clock;
    private readonly SchedulingLag _lag;
    private readonly ShardTables _known;
    private readonly LeaseReturns _returns;
    private IRedisWire? _wire;
    private Shards? _shards;
    private ConnectionMultiplexer? _sentinels;
    private string? _connectError;
    private volatile bool _isLeaving;

    /// <summary>Opens the store and returns at once. Until Redis is connected, every result is a fault.</summary>
    /// <param name="options">Options of the store. A later change of the password applies to new connections.</param>
    /// <param name="time">Clock of deadlines and leases.</param>
    /// <exception cref="ArgumentException">The options have a fault; the message names the cure.</exception>
    public RedisStore(RedisOptions options, TimeProvider time)
        : this(options, options.Prefix, time, new PartitionCount(options.Partitions))
    {
        var configuration = RedisConnection.Configure(options);
        _nodes = new NodeConnections(configuration, options, _partitions);
        _connecting = ConnectAsync(configuration);
    }

    /// <summary>Opens a store with other keys in the same Redis, and with its own queue and connections.</summary>
    /// <param name="host">Store whose general client the new store uses. Dispose the new store first.</param>
    /// <param name="prefix">Prefix of every key of the new store.</param>
    public RedisStore(RedisStore host, string prefix)
        : this((host ?? throw new ArgumentNullException(nameof(host)))._options, prefix, host._time, host._partitions, host.Fleet)
    {
        _isGuest = true;
        _nodes = host._nodes;
        _connecting = BesideAsync(host._connecting);
    }

    internal RedisStore(RedisOptions options, TimeProvider time, IRedisWire wire, IBatchPump pump)
        : this(options, time, wire, [wire], () => pump)
    {
    }

    /// <summary>Opens a store over wires to nodes with equal parts of the slots. Does not close the wires.</summary>
    internal RedisStore(
        RedisOptions options, TimeProvider time, IRedisWire wire, IReadOnlyList<IScriptWire> nodes, Func<IBatchPump> pump)
        : this(options, options.Prefix, time, new PartitionCount(options.Partitions ?? 1))
    {
        _isGuest = true;
        _connecting = Task.FromException<ConnectionMultiplexer>(new NotSupportedException("the way to Redis is not a connection"));
        Begin(wire, new Shards([.. nodes.Select(node => BatcherOf(node, pump()))], _numbers));
    }

    private RedisStore(
        RedisOptions options, string prefix, TimeProvider time, PartitionCount partitions, Fleet? fleet = null)
    {
        _options = options;
        _partitions = partitions;
        Fleet = fleet ?? new Fleet(() => FleetSettings.Of(options, partitions.Value));
        _keys = new RedisKeyFormat(prefix, options.Privacy, partitions);
        _given = GivenBackOf(prefix);
        _time = time;
        _clock = new RedisClock(time);
        _lag = new SchedulingLag(time);
        _known = new ShardTables(options, time, () => _lag.Last, () => _returns!.Wake(), Fleet);
        _returns = new LeaseReturns(_known, options.LeaseHorizon, Ask, time);
        _late = BeginLateReplies();
        _connecting = null!;
        _givenBack = new GivenBackNotice(message => _wire?.Tell(_given, message), _time);
    }

    /// <inheritdoc/>
    public DecisionSource Source => DecisionSource.Redis;

    /// <inheritdoc/>
    public TimeSpan LongestAnswer => _options.Deadline + Batcher.Grace;

    /// <summary>Last error in a few words, without secrets; null for none. A later success does not reset it.</summary>
    public string? LastError => Volatile.Read(ref _shards) is { } shards ? shards.LastError : Volatile.Read(ref _connectError);

    /// <summary>Returns the last error of a node (<c>host:port</c>), or of the store if <paramref name="node"/> is
    /// null. Null if there was none.</summary>
    public string? LastErrorOf(string? node) => node is null ? LastError : Volatile.Read(ref _shards)?.LastErrorOf(node);

    /// <inheritdoc/>
    public event Action? ShardsChanged
    {
        add => _numbers.Changed += value;
        remove => _numbers.Changed -= value;
    }

    /// <inheritdoc/>
    public IReadOnlyList<int> Shards => _numbers.All;

    /// <inheritdoc/>
    public int Partitions => _partitions.Value;

    /// <inheritdoc/>
    public int PartitionOf(in RequestFacts facts, Limit limit) => _keys.PartitionOf(facts, limit);

    /// <inheritdoc/>
    public int ShardOf(string tenant, int partition) =>
        _numbers.IsOne ? 0 : _numbers.Of(_keys.SlotOf(tenant, partition));

    /// <inheritdoc/>
    public string? NameOf(int shard) => _numbers.NodeOf(shard) is { } node ? RespErrors.NameOf(node) : null;

    /// <summary>Problems of the Redis nodes, as the last connection to each node found.</summary>
    public IReadOnlyList<RedisProblem> Problems => _nodes?.Problems.All ?? [];

    /// <summary>Raised when <see cref="Problems"/> changes.</summary>
    public event Action? ProblemsChanged
    {
        add => _nodes?.Problems.Changed += value;
        remove => _nodes?.Problems.Changed -= value;
    }

    /// <summary>Settings that differ from the fleet's. Where they differ, this instance leases nothing.</summary>
    public IReadOnlyList<SettingDifference> Differences => Fleet.Differences;

    /// <summary>Raised when <see cref="Differences"/> changes.</summary>
    public event Action? DifferencesChanged
    {
        add => Fleet.Changed += value;
        remove => Fleet.Changed -= value;
    }

    /// <summary>Task with the general client, completed once the client has been opened.</summary>
    public Task<ConnectionMultiplexer> Connection => _connecting;

    internal IRedisWire? Wire => Volatile.Read(ref _wire);

    internal RedisOptions Options => _options;

    internal Fleet Fleet { get; }

    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        uint done = result.IsLocal ? TableOf(command).TakeBack(command, result) : 0;
        return _late.GiveBack(command, result, done);
    }

    KnownBuckets IBucketStore.KnownOf(int shard) => _known.At(shard).Known;

    /// <summary>Number of decisions by leases or repeated refusals, without asking Redis.</summary>
    public long DecidedLocally => _known.All.Sum(table => table.Decided);

    /// <summary>Number of takes and charges undone in Redis: memory had decided before the late reply.</summary>
    public long LateUndone => Volatile.Read(ref _late.Late.Undone);

    /// <summary>Number of takes and charges with a late reply that stay charged: no undo was confirmed.</summary>
    public long LateLost => Volatile.Read(ref _late.Late.Lost);

    /// <summary>Number of takes undone in Redis although the reply was in time, mostly because a limit in another
    /// partition refused.</summary>
    public long Undone => Volatile.Read(ref _late.Decided.Undone);

    /// <summary>Number of takes that should be undone but stay charged because Redis did not confirm it.</summary>
    public long UndoneLost => Volatile.Read(ref _late.Decided.Lost);

    /// <summary>Longest wait of a sending thread for a core in the last 10 to 20 s; normally a few ms.</summary>
    public TimeSpan SchedulingLag => _lag.Largest;

    internal int LateUndoing => _late.Undoing;

    /// <summary>Number of buckets with tokens that are leased to this instance.</summary>
    public int LeasesOut => _known.All.Sum(table => table.Out);

    /// <summary>Waits up to <paramref name="patience"/> for a connection. Returns true if connected.</summary>
    public async Task<bool> WaitUntilConnectedAsync(TimeSpan patience, CancellationToken cancellation = default)
    {
        await ((Task)_connecting).WaitAsync(patience, _time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return Volatile.Read(ref _shards) is { IsConnected: true };
    }

    /// <inheritdoc/>
    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        if (_shards is not { } shards)
        {
            result = BucketResult.Failed(StoreFault.Unreachable);
            return null;
        }

        if (_late.IsGivenUp(command))
        {
            result = BucketResult.Failed(StoreFault.Crowded);
            return null;
        }

        LeaseTrip? trip = null;
        var table = TableOf(command);
        if (!_isLeaving && table.MayDecide(command) && table.TryDecide(command, out result, out trip))
            return null;
        if (MayGiveBack(command))
            _known.Forget(command.Limits.Facts.Tenant);
        return Ask(shards, command, trip ?? LeaseTrip.Of(table, command), out result);
    }

    /// <inheritdoc/>
    public async ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default)
    {
        if (Volatile.Read(ref _wire) is not { } wire)
            return (null, StoreFault.Unreachable);
        try
        {
            byte[]? record = await wire.GetAsync(_keys.RecordOf(tenant, id))
                .WaitAsync(_options.Deadline, _time, cancellation).ConfigureAwait(false);
            return (record is null ? null : ScriptFormat.ReadRecord(record), StoreFault.None);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            return (null, fault is TimeoutException ? StoreFault.Late : RedisFaults.Classify(fault));
        }
    }

    /// <summary>Returns all leased tokens, and leases no more: Redis makes every later decision.</summary>
    public async Task ReturnLeasesAsync()
    {
        _isLeaving = true;
        await _returns.ReturnAllAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _givenBack.DisposeAsync().ConfigureAwait(false);
        await ReturnLeasesAsync().ConfigureAwait(false);
        await ((Task)_connecting).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_connecting.IsCompletedSuccessfully && !_isGuest)
            await _connecting.Result.DisposeAsync().ConfigureAwait(false);
        if (_sentinels is not null)
            await _sentinels.DisposeAsync().ConfigureAwait(false);
        _shards?.Dispose();
        _stopping.Dispose();
        await _returns.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<ConnectionMultiplexer> BeginAsync(ConnectionMultiplexer connection)
    {
        // Asks the general client for the kind of the server, because the user may have no right to INFO.
        if (connection.IsConnected)
            _partitions.Learn(connection.GetServers().Any(server => server.ServerType == ServerType.Cluster));
        var shards = new Shards(connection, _nodes!, _time, _numbers, wire => BatcherOf(wire, new ThreadPump()));
        // Commands are queued in order until there is a connection.
        Begin(new RedisWire(connection, _nodes!.DropClient), shards);
        await shards.ConnectAsync().ConfigureAwait(false);
        return connection;
    }

    private void Begin(IRedisWire wire, Shards shards)
    {
        wire.Listen(_given, message =>
        {
            foreach (string tenant in GivenBackNotice.TenantsIn(message))
                _known.Forget(tenant);
        });
        Volatile.Write(ref _shards, shards);
        Volatile.Write(ref _wire, wire);
    }

    private Batcher BatcherOf(IScriptWire wire, IBatchPump pump) => new(wire, _options.Deadline, _time, pump, new BatchListener
    {
        Replied = Replied,
        GaveUp = take => _late.GaveUp(take.Command),
        Follow = (call, redirection, from) => _shards?.Follow(call, redirection, from) ?? false,
        Lag = _lag,
    });

    private async Task<ConnectionMultiplexer> BesideAsync(Task<ConnectionMultiplexer> connecting) =>
        await BeginAsync(await connecting.WaitAsync(_stopping.Token).ConfigureAwait(false)).ConfigureAwait(false);

    /// <summary>Connects, and retries until it succeeds. Failures are rare, such as an unknown host name.</summary>
    private async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions configuration)
    {
        while (true)
        {
            try
            {
                (var connection, _sentinels) = await RedisConnection.OpenAsync(configuration, _nodes!).ConfigureAwait(false);
                return await BeginAsync(connection).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                Volatile.Write(ref _connectError, RedisFaults.Explain(failure));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(RedisConnection.RetryMs), _time, _stopping.Token).ConfigureAwait(false);
        }
    }

    private Leasing TableOf(in BucketCommand command) =>
        _known.At(_numbers.IsOne ? 0 : ShardOf(command.LimitsRef.Facts.Tenant, this.Of(command)));

    private LateReplies BeginLateReplies() => new(
        command => this.AskAsync(command), command => TableOf(command).Known.Fallback, _time, _stopping.Token);

    private byte[] AddUndone(in BucketCommand command, UInt128 id, Arguments to)
    {
        byte[] key = _keys.RecordOf(command.Limits.Facts.Tenant, this.Of(command), id);
        to.Add(key);
        return key;
    }

    private static bool MayGiveBack(in BucketCommand command) =>
        command.What == BucketOperation.Reset
        || (command.What >= BucketOperation.Charge
            && (command.Limits.Facts.GivesBack || command.Limits.Plan.HasPermits));

    private PendingCommand? Ask(BucketCommand command, LeaseTrip trip) =>
        Volatile.Read(ref _shards) is { } shards ? Ask(shards, command, trip, out _) : null;

    private PendingCommand? Ask(Shards shards, in BucketCommand command, LeaseTrip trip, out BucketResult result)
    {
        var take = PendingCommand.Of(command, trip);
        take.Unknown = _partitions.IsKnown ? null : _partitions;
        if (command.RecordKey is { } record)
        {
            byte[] key = _keys.RecordOf(command.Limits.Facts.Tenant, this.Of(command), record.Id);
            take.Arguments.Add(key);
            if (record.Undoes is { } undone)
                key = AddUndone(command, undone.Id, take.Arguments);
            if (record.IsBounded || record.Undoes is not null)
                take.Arguments.Add(RedisKeyFormat.AccountOf(key));
        }

        foreach (var limit in command.Limits)
            _keys.Write(command.Limits.Facts, limit, take.Arguments);
        long horizonUs = _options.LeaseHorizon.Ticks / TimeSpan.TicksPerMicrosecond;
        take.WriteNumbers(
            command.Limits.Plan.HasWindows ? _clock.NowUs : 0, horizonUs,
            Math.Max(_options.AnswerBytes / _partitions.Value, MinAnswerBytes));
        result = default;
        if (shards.Of(take).TryAsk(take, out var fault))
            return take;
        result = BucketResult.Failed(fault);
        return null;
    }

    /// <summary>Handles a result before its caller resumes. A refund or reset makes remembered refusals of its tenant
    /// wrong, so all instances are notified. Without the notice, an instance repeats them a little longer.</summary>
    private void Replied(PendingCommand take, in BucketResult result, bool isLate)
    {
        ref readonly var command = ref take.Command;
        take.Trip.Learn(command, result, isLate);
        if (command.Limits.Plan.HasWindows && (result.IsStale || result is { Fault: StoreFault.None, IsRemembered: false }))
            _clock.Learn(result.NowUs);
        if (MayGiveBack(command))
        {
            _known.Forget(command.Limits.Facts.Tenant);
            if (result is { Fault: StoreFault.None, IsRemembered: false })
                _givenBack.Add(command.Limits.Facts.Tenant);
        }

        if (isLate)
            _late.Undo(command, result);
    }

    internal static string GivenBackOf(string prefix) => $"{prefix}:given-back";
}
