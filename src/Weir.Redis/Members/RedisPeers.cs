using System.Security.Cryptography;

namespace Weir.Redis;

/// <summary>The instances that share a shard of Redis, known by their heartbeats. Safe for concurrent use.</summary>
public sealed class RedisPeers : IPeers, IAsyncDisposable
{
    /// <summary>Heartbeat interval with less than twice <see cref="FewInstances"/>; longer with more.</summary>
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(250);

    private const int FewInstances = 100;

    private const int MissedHeartbeats = 8;

    /// <summary>Minimum time in µs without a heartbeat after which an awaited peer is gone.</summary>
    private const long LeastAwaitedUs = 1_000_000;

    /// <summary>Minimum timeout of a heartbeat. A longer deadline of decisions raises it.</summary>
    private static readonly TimeSpan LeastPatience = TimeSpan.FromMilliseconds(250);

    private readonly Func<IScriptWire?> _wire;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly (byte[] Members, byte[] Rule) _keys;
    private readonly Agreement _agreement;
    private readonly long _name;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();

    /// <summary>Time at which each peer was last named by a reply, by the clock of this instance.</summary>
    private readonly Dictionary<long, long> _heard = [];

    /// <summary>Peers that shared the buckets when Redis was lost, and may not be back yet.</summary>
    private readonly HashSet<long> _awaited = [];

    /// <summary>True until the first reply names the peers. Until then, all named peers are awaited.</summary>
    private bool _isNew = true;

    private bool _follows = true;
    private int _isBeating;

    /// <summary>Counts outages, so that replies from before an outage are ignored.</summary>
    private int _parted;
    private long? _life;

    /// <summary>Life in the last reply that this instance used: a heartbeat, or a report after an outage.</summary>
    private long? _metLife;
    private long _metUs;

    /// <summary>Time of Redis in the last reply that was read.</summary>
    private long _readUs;
    private int _count;

    /// <summary>True since a failed heartbeat or connection. Lost memory then means an outage, not a flush.</summary>
    private volatile bool _isInDoubt;

    /// <summary>Counts doubts, so that a heartbeat from before a doubt does not end the doubt.</summary>
    private int _doubts;

    /// <summary>Joins the instances at a shard of a store's Redis, and starts to send heartbeats.</summary>
    /// <param name="store">Store whose connection the heartbeats use.</param>
    /// <param name="time">Clock of the heartbeats.</param>
    /// <param name="shard">Number of the shard; without a cluster, 0 is the only shard.</param>
    public RedisPeers(RedisStore store, TimeProvider time, int shard = 0)
        : this(
            () => store.Wire, store.Options, time, BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))),
            shard, store.Fleet.At(shard))
    {
    }

    internal RedisPeers(
        Func<IScriptWire?> wire, RedisOptions options, TimeProvider time, long name, int shard = 0,
        Agreement? agreement = null)
    {
        (_wire, _time, _count) = (wire, time, options.Instances);
        _name = name & ((1L << 52) - 1);
        _patience = options.Deadline > LeastPatience ? options.Deadline : LeastPatience;
        _keys = Heartbeat.KeysOf(options.Prefix, shard);
        _agreement = agreement ?? new Fleet(() => FleetSettings.Of(options, options.Partitions ?? 1)).At(shard);
        _agreement.Join();
        _timer = time.CreateTimer(static peers => _ = ((RedisPeers)peers!).SendHeartbeatAsync(), this, TimeSpan.Zero, Often);
    }

    /// <inheritdoc/>
    public event Action? Forgot;

    /// <inheritdoc/>
    public event Action? Missed;

    private TimeSpan Every => Often * Math.Max(1, Count / FewInstances);

    private TimeSpan Gone => MissedHeartbeats * Every;

    private long AwaitedUs => Math.Max(LeastAwaitedUs, 4 * Every.Ticks / TimeSpan.TicksPerMicrosecond);

    /// <inheritdoc/>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public bool IsInDoubt => _isInDoubt;

    /// <inheritdoc/>
    public void Doubt()
    {
        Interlocked.Increment(ref _doubts);
        _isInDoubt = true;
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default)
    {
        await SendHeartbeatAsync().WaitAsync(cancellation).ConfigureAwait(false);
        return !_isInDoubt;
    }

    /// <inheritdoc/>
    public void Part()
    {
        lock (_gate)
        {
            // Keeps awaiting peers that have not come back since an earlier outage.
            if (_follows)
                _awaited.Clear();
            _follows = false;
            _parted++;
            _metUs = 0;
            _awaited.UnionWith(_heard.Keys);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default)
    {
        int doubts = Volatile.Read(ref _doubts);
        long readUs = Volatile.Read(ref _readUs);
        if (await TellAsync(isReady ? MemberPhase.IsReady : MemberPhase.Returns, cancellation).ConfigureAwait(false) is not { } beat)
            return null;
        if (isReady && HasForgotten(beat))
            return null;
        lock (_gate)
        {
            bool isForgetful = _life != beat.Life;
            _metLife = beat.Life;
            if ((isReady || !isForgetful) && doubts == _doubts)
                _isInDoubt = false;
            // Redis may have been away since the last reply: all peers are awaited once more.
            if (_metUs == 0 || beat.NowUs - readUs > AwaitedUs / 2)
                _metUs = beat.NowUs;
            _awaited.UnionWith(from member in beat.Members where member.Phase != MemberPhase.Follows && member.Name != _name select member.Name);
            int absent = NotSeenLocked(beat, MemberPhase.Follows), unready = NotSeenLocked(beat, MemberPhase.Follows, MemberPhase.IsReady);
            // Adopts the life only once all peers are ready. Until then, reports say that Redis has lost its memory.
            if (isReady && unready == 0)
                _life = beat.Life;
            return new Membership(absent, unready, TimeSpan.FromMicroseconds(Math.Max(0, beat.NowUs - beat.ReturnedUs)), isForgetful);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<int?> FollowAsync(CancellationToken cancellation = default)
    {
        int parted = Volatile.Read(ref _parted);
        if (await TellAsync(MemberPhase.Follows, cancellation).ConfigureAwait(false) is not { } beat)
            return null;
        if (HasForgotten(beat))
            return null;
        lock (_gate)
        {
            if (parted != _parted)
                return null;
            if (!_follows)
            {
                _isInDoubt = false;
                _follows = true;
                // Gives the awaited peers time to send a heartbeat.
                foreach (long name in _awaited)
                    _heard[name] = _time.GetTimestamp();
            }

            int absent = NotSeenLocked(beat, MemberPhase.Follows);
            LearnLocked(beat);
            return absent;
        }
    }

    /// <summary>Returns true (and raises Forgot) if Redis has lost its memory since the last used reply, in an outage
    /// or in doubt.</summary>
    private bool HasForgotten(Heartbeat beat)
    {
        lock (_gate)
        {
            if ((!_isInDoubt && _follows) || (_metLife ?? _life) is not { } met || met == beat.Life)
                return false;
        }

        Forgot?.Invoke();
        return true;
    }

    /// <summary>Stops the heartbeats and, outside an outage, leaves, so that no peer waits for this instance.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync().ConfigureAwait(false);
        if (_follows)
            await TellAsync(MemberPhase.Leaves, CancellationToken.None).ConfigureAwait(false);
    }

    private async Task SendHeartbeatAsync()
    {
        int parted = Volatile.Read(ref _parted), doubts = Volatile.Read(ref _doubts);
        // Sends no heartbeat while another one is under way.
        if (!_follows || Interlocked.Exchange(ref _isBeating, 1) != 0)
            return;
        var beat = await TellAsync(MemberPhase.Follows, CancellationToken.None).ConfigureAwait(false);
        Volatile.Write(ref _isBeating, 0);
        bool hasForgotten = false;
        lock (_gate)
        {
            if (!_follows || parted != _parted)
                return;
            hasForgotten = beat is not null && _isInDoubt && _life is { } life && life != beat.Life;
            if (beat is null)
                Doubt();
            else if (!hasForgotten && doubts == _doubts)
                _isInDoubt = false;
            if (beat is not null && !hasForgotten)
                LearnLocked(beat);
        }

        if (hasForgotten)
            Forgot?.Invoke();
        // Raises nothing before the first connection: the probe at the start detects that outage.
        else if (beat is null && _wire() is not null)
            Missed?.Invoke();
    }

    /// <summary>Counts the awaited peers that have sent none of these phases since this instance saw Redis again. A
    /// peer that is silent for <see cref="AwaitedUs"/> is gone. Ignores an old heartbeat that a hung Redis executes
    /// late: its sender has read no reply since.</summary>
    private int NotSeenLocked(Heartbeat beat, params ReadOnlySpan<MemberPhase> phases)
    {
        long goneUs = AwaitedUs;
        int expected = _isNew ? Math.Max(_awaited.Count, _count - 1) : _awaited.Count;
        int silent = beat.NowUs - _metUs < goneUs ? expected : 0, seen = 0, late = 0;
        foreach (var member in beat.Members)
        {
            if (member.Name == _name || !(_isNew || _awaited.Contains(member.Name)))
                continue;
            // Ignores times in the future: they are from before the clock of Redis stepped back.
            bool isHere = member.ReadUs >= _metUs && member.ReadUs <= member.HeardUs && member.HeardUs <= beat.NowUs && phases.Contains(member.Phase);
            seen += isHere ? 1 : 0;
            late += !isHere && beat.NowUs - member.HeardUs < goneUs ? 1 : 0;
        }

        return Math.Max(silent - seen, late);
    }

    private void LearnLocked(Heartbeat beat)
    {
        long now = _time.GetTimestamp();
        _isNew = false;
        // Adopts the life even if it has changed: a flush of a reachable Redis is on purpose.
        (_life, _metLife) = (beat.Life, beat.Life);
        foreach (var member in beat.Members)
        {
            if (member.Name != _name)
                _heard[member.Name] = now;
        }

        foreach (var (name, at) in _heard)
        {
            if (_time.GetElapsedTime(at, now) > Gone)
                _heard.Remove(name);
        }

        if (1 + _heard.Count == _count)
            return;
        Volatile.Write(ref _count, 1 + _heard.Count);
        _timer.Change(Every, Every);
    }

    private async Task<Heartbeat?> TellAsync(MemberPhase phase, CancellationToken cancellation)
    {
        if (_wire() is not { } wire)
            return null;
        long life = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))) & ((1L << 52) - 1);
        long goneUs = Gone.Ticks / TimeSpan.TicksPerMicrosecond;
        var call = Heartbeat.Call(
            _keys, _name, phase, Volatile.Read(ref _readUs), life, goneUs, _agreement.Own, _agreement.Rule);
        try
        {
            return await SendAsync(wire, call, withText: false, cancellation).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is not OperationCanceledException)
        {
            // The next heartbeat reports the phase again.
            return null;
        }
    }

    private async Task<Heartbeat?> SendAsync(IScriptWire wire, ScriptCall call, bool withText, CancellationToken cancellation)
    {
        var reply = wire.Send(call, withText);
        try
        {
            await reply.Arrival.WaitAsync(_patience, _time, cancellation).ConfigureAwait(false);
        }
        catch (Exception refusal) when (!withText && RedisFaults.IsUnknownScript(refusal))
        {
            return await SendAsync(wire, call, withText: true, cancellation).ConfigureAwait(false);
        }

        var beat = Heartbeat.Read(reply.Read());
        Volatile.Write(ref _readUs, beat?.NowUs ?? 0);
        if (beat is not null)
            _agreement.Hear(beat.Rule);
        return beat;
    }
}
