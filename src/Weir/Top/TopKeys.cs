using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Weir;

/// <summary>Finds the tenants and keys with most refused or allowed takes in the last 5 to 10 minutes.</summary>
// Each core buffers 256 decisions before it takes the lock. A query counts the buffered decisions first.
public sealed class TopKeys : IDisposable
{
    /// <summary>Maximum number of tenants with a counter, separately for refused and allowed takes.</summary>
    public const int MaxTenants = 256;

    /// <summary>Maximum number of keys with a counter per tenant.</summary>
    public const int CountersPerTenant = 64;

    /// <summary>Maximum number of units counted in a window. Further units are not counted.</summary>
    public const int MaxUnits = 4;

    /// <summary>Length of a window. The current and the previous window are kept.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private const int MostBuffers = 64;

    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
    private readonly TopBuffer[] _buffers;
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly ITimer _turn;

    // _gate guards these fields.
    private TopPeriod _now = new();
    private TopPeriod _before = new();
    private DateTimeOffset _nowSince;
    private DateTimeOffset _beforeSince;

    /// <summary>Starts the first window. The clock starts a new window after each <see cref="Window"/>.</summary>
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

    /// <summary>Counts a take, and its cost in each unit that the plan counts. Allocates only for new names.</summary>
    public void Record(in RequestFacts facts, Plan plan, bool allowed)
    {
        var record = RecordOf(facts, allowed);
        Buffer.Add(record);
        if (facts.Costs is not null)
            AddCosts(record, facts.Costs, plan);
    }

    /// <summary>Counts the cost of a charge in each unit that the plan counts.</summary>
    public void RecordCharge(in RequestFacts facts, Plan plan)
    {
        if (facts.Costs is not null)
            AddCosts(RecordOf(facts, allowed: true), facts.Costs, plan);
    }

    /// <summary>Returns the tenants with most refused or allowed takes or, for a unit, with the highest cost.</summary>
    public TopList Tenants(bool allowed, string? unit = null)
    {
        CountWhatGathered();
        lock (_gate)
            return TopList.Of(_beforeSince, 0, _before.Of(unit, allowed)?.Tenants, _now.Of(unit, allowed)?.Tenants);
    }

    /// <summary>Returns a tenant's keys with most refused or allowed takes or, for a unit, the highest cost.</summary>
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

    /// <summary>Stops the timer of the windows.</summary>
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
