using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Weir;

/// <summary>
/// Which tenants and keys are refused, and which are allowed, most often: of the last five to ten minutes of this
/// process, in bounded memory.
/// </summary>
/// <remarks>
/// Safe for concurrent use. Decisions gather in a buffer of the core that they run on, and are counted 256 at a time
/// under one lock: cores do not wait for each other for each decision, and yet there is one set of counters and not one
/// a core. Reading counts first what has gathered, so nothing is missing from it.
/// </remarks>
public sealed class TopKeys : IDisposable
{
    /// <summary>Tenants that have counters at the same time, of those refused and of those allowed.</summary>
    public const int MaxTenants = 256;

    /// <summary>Counters of each tenant's keys.</summary>
    public const int CountersPerTenant = 64;

    /// <summary>Maximum number of units counted in a window; the first ones are counted.</summary>
    public const int MaxUnits = 4;

    /// <summary>How long a window is. There are two, the one that runs and the one before.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int MostBuffers = 64;

    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private readonly TopBuffer[] _buffers;
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _turn;

    // All of it is owned by the gate.
    private TopPeriod _now = new();
    private TopPeriod _before = new();
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

    /// <summary>Counts a take, and its cost in each unit. Allocates only counters, once.</summary>
    /// <param name="facts">The request. Its tenant and key are kept while they have a counter.</param>
    /// <param name="plan">
    /// Its plan. Costs in units that no limit of it counts are left out, since anybody may invent them.
    /// </param>
    /// <param name="allowed">Whether it was allowed.</param>
    public void Record(in RequestFacts facts, Plan plan, bool allowed)
    {
        var record = RecordOf(facts, allowed);
        Buffer.Add(record);
        if (facts.Costs is not null)
            AddCosts(record, facts.Costs, plan);
    }

    /// <summary>Counts the cost of a charge in each unit.</summary>
    /// <param name="facts">The request.</param>
    /// <param name="plan">Its plan.</param>
    public void RecordCharge(in RequestFacts facts, Plan plan)
    {
        if (facts.Costs is not null)
            AddCosts(RecordOf(facts, allowed: true), facts.Costs, plan);
    }

    /// <summary>
    /// The tenants with most refused or allowed takes; with a unit, with the highest refused or spent cost.
    /// </summary>
    public TopList Tenants(bool allowed, string? unit = null)
    {
        CountWhatGathered();
        lock (_gate)
            return TopList.Of(_beforeSince, 0, _before.Of(unit, allowed)?.Tenants, _now.Of(unit, allowed)?.Tenants);
    }

    /// <summary>As <see cref="Tenants"/>, for the keys of one tenant.</summary>
    public TopList Keys(string tenant, bool allowed, string? unit = null)
    {
        CountWhatGathered();
        ulong hash = HashOf(tenant);
        lock (_gate)
        {
            long missedBefore = 0, missedNow = 0;
            var before = _before.Of(unit, allowed)?.KeysOf(tenant, hash, out missedBefore);
            var now = _now.Of(unit, allowed)?.KeysOf(tenant, hash, out missedNow);
            return TopList.Of(_beforeSince, missedBefore + missedNow, before, now);
        }
    }

    /// <summary>Ends counting by the clock.</summary>
    public void Dispose() => _turn.Dispose();

    private TopBuffer Buffer => _buffers[Thread.GetCurrentProcessorId() & (_buffers.Length - 1)];

    private TopRecord RecordOf(in RequestFacts facts, bool allowed) =>
        new(facts.Tenant, facts.Key, HashOf(facts.Tenant), HashOf(facts.Key), allowed);

    private void AddCosts(in TopRecord record, IReadOnlyDictionary<string, long> costs, Plan plan)
    {
        foreach (var (unit, cost) in costs)
        {
            if (cost > 0 && plan.Counts(unit))
                Buffer.Add(record with { Unit = unit, Amount = cost });
        }
    }

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
                _now.Add(record);
        }
    }

    /// <summary>The window that ran is the one before, and a new one runs.</summary>
    private void Turn()
    {
        CountWhatGathered();
        lock (_gate)
        {
            (_now, _before) = (_before, _now);
            _now.Clear();
            (_beforeSince, _nowSince) = (_nowSince, _time.GetUtcNow());
        }
    }
}
