using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Weir;

/// <summary>Which tenants and keys are refused, and which are allowed, most often: of the last five to ten minutes of this process, in bounded memory.</summary>
/// <remarks>
/// Safe for concurrent use. Decisions gather in a buffer of the core that they run on, and are counted 256 at a time under one lock: cores do not wait for each
/// other for each decision, and yet there is one set of counters and not one a core. Reading counts first what has gathered, so nothing is missing from it.
/// </remarks>
public sealed class TopKeys : IDisposable
{
    /// <summary>Tenants that have counters at the same time, of those refused and of those allowed.</summary>
    public const int MaxTenants = 256;

    /// <summary>Counters of each tenant's keys.</summary>
    public const int CountersPerTenant = 64;

    /// <summary>How long a window is. There are two, the one that runs and the one before.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int MostBuffers = 64;

    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private readonly TopBuffer[] _buffers;
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _turn;

    // All of it is owned by the gate.
    private (TopWindow Denied, TopWindow Allowed) _now = NewWindow();
    private (TopWindow Denied, TopWindow Allowed) _before = NewWindow();
    private DateTimeOffset _nowSince;
    private DateTimeOffset _beforeSince;

    /// <summary>Begins to count.</summary>
    /// <param name="time">Ends the windows.</param>
    public TopKeys(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        _nowSince = _beforeSince = time.GetUtcNow();
        _buffers = new TopBuffer[Math.Min(MostBuffers, (int)BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount))];
        for (int i = 0; i < _buffers.Length; i++)
            _buffers[i] = new TopBuffer(Count);
        _turn = time.CreateTimer(static top => ((TopKeys)top!).Turn(), this, Window, Window);
    }

    /// <summary>Counts a decision. Allocates nothing but a tenant's counters, once.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="key">Of which key. It is kept as it is while it has a counter.</param>
    /// <param name="allowed">Whether it was allowed.</param>
    public void Record(string tenant, string key, bool allowed) =>
        _buffers[Thread.GetCurrentProcessorId() & (_buffers.Length - 1)].Add(new TopRecord(tenant, key, HashOf(tenant), HashOf(key), allowed));

    /// <summary>The tenants that were refused most often, or allowed.</summary>
    public TopList Tenants(bool allowed)
    {
        CountWhatGathered();
        lock (_gate)
            return TopList.Of(_beforeSince, 0, Of(_before, allowed).Tenants, Of(_now, allowed).Tenants);
    }

    /// <summary>The keys of a tenant that were refused most often, or allowed.</summary>
    public TopList Keys(string tenant, bool allowed)
    {
        CountWhatGathered();
        ulong hash = HashOf(tenant);
        lock (_gate)
        {
            var before = Of(_before, allowed).KeysOf(tenant, hash, out long missedBefore);
            var now = Of(_now, allowed).KeysOf(tenant, hash, out long missedNow);
            return TopList.Of(_beforeSince, missedBefore + missedNow, before, now);
        }
    }

    /// <summary>Ends counting by the clock.</summary>
    public void Dispose() => _turn.Dispose();

    private static (TopWindow Denied, TopWindow Allowed) NewWindow() => (new(MaxTenants, CountersPerTenant), new(MaxTenants, CountersPerTenant));

    private static TopWindow Of(in (TopWindow Denied, TopWindow Allowed) window, bool allowed) => allowed ? window.Allowed : window.Denied;

    private ulong HashOf(string name) => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(name.AsSpan()), _seed);

    private void CountWhatGathered()
    {
        foreach (var buffer in _buffers)
            buffer.Empty();
    }

    private void Count(ReadOnlySpan<TopRecord> records)
    {
        lock (_gate)
        {
            foreach (ref readonly var record in records)
                Of(_now, record.Allowed).Add(record);
        }
    }

    /// <summary>The window that ran is the one before, and a new one runs.</summary>
    private void Turn()
    {
        CountWhatGathered();
        lock (_gate)
        {
            (_now, _before) = (_before, _now);
            _now.Denied.Clear();
            _now.Allowed.Clear();
            (_beforeSince, _nowSince) = (_nowSince, _time.GetUtcNow());
        }
    }
}
