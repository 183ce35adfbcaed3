using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Weir;

// The rate at which spent units drain. Memory gives each rate a number of 22 bits on its first use and never frees the
// number. Once RefusedFrom rates have a number, new rates are refused.
internal sealed class RefillRate : IEquatable<RefillRate>
{
    public const int MaxCount = 1 << 22;

    /// <summary>Count of numbered rates from which new rates are refused. The rest is for existing quotas.</summary>
    public const int RefusedFrom = MaxCount / 4 * 3;

    private const int Unnumbered = -1;

    private static readonly ConcurrentDictionary<(long, long, long), int> Known = new();
    private static readonly Lock Growing = new();
    private static volatile RefillRate[] _byId = new RefillRate[16];
    private static int _count;
    private int _id = Unnumbered;

    private RefillRate(long tickUs, long unitsPerToken, long unitsPerTick)
    {
        TickUs = tickUs;
        UnitsPerToken = unitsPerToken;
        UnitsPerTick = unitsPerTick;
    }

    /// <summary>Rate of every window: all units return at the window's end. No token bucket is that fast.</summary>
    public static readonly RefillRate OfWindows = Get(1, 1, Quota.ExactLimit);

    /// <summary>True for the rate of windows. The stamp of a window's bucket is the end of the window.</summary>
    public bool IsWindow => UnitsPerTick == Quota.ExactLimit;

    /// <summary>Number of this rate and all equal rates, for the life of the process. Assigned on first use.</summary>
    public int Id => Volatile.Read(ref _id) is not Unnumbered and var id ? id : Number();

    public bool IsNumbered => Volatile.Read(ref _id) != Unnumbered || Known.ContainsKey(Numbers);

    /// <summary>Length of a tick in microseconds: 1, 1,000 or 1,000,000.</summary>
    public long TickUs { get; }

    public long UnitsPerToken { get; }

    public long UnitsPerTick { get; }

    public static int Count => Volatile.Read(ref _count);

    /// <summary>Makes a rate. Returns false for a new rate if <see cref="RefusedFrom"/> rates have a number.</summary>
    public static bool TryGet(long tickUs, long unitsPerToken, long unitsPerTick, [NotNullWhen(true)] out RefillRate? rate)
    {
        bool fits = Count < RefusedFrom || Known.ContainsKey((tickUs, unitsPerToken, unitsPerTick));
        rate = fits ? new RefillRate(tickUs, unitsPerToken, unitsPerTick) : null;
        return fits;
    }

    public static RefillRate Get(long tickUs, long unitsPerToken, long unitsPerTick) =>
        TryGet(tickUs, unitsPerToken, unitsPerTick, out var rate) ? rate : throw new InvalidOperationException("no rate is free");

    public static RefillRate ById(int id) => _byId[id];

    public static ReadOnlySpan<RefillRate> All()
    {
        lock (Growing)
            return _byId.AsSpan(0, _count);
    }

    public bool Equals(RefillRate? other) => other is not null && Numbers == other.Numbers;

    public override bool Equals(object? obj) => Equals(obj as RefillRate);

    public override int GetHashCode() => Numbers.GetHashCode();

    private (long, long, long) Numbers => (TickUs, UnitsPerToken, UnitsPerTick);

    private int Number()
    {
        lock (Growing)
        {
            if (!Known.TryGetValue(Numbers, out int id))
            {
                id = _count;
                Append();
                Known[Numbers] = id;
            }

            Volatile.Write(ref _id, id);
            return id;
        }
    }

    private void Append()
    {
        if (_count == MaxCount)
            throw new InvalidOperationException($"this process has decided by {MaxCount} distinct rates; restart it");
        var rates = _byId;
        if (_count == rates.Length)
            Array.Resize(ref rates, rates.Length * 2);
        rates[_count++] = this;
        // Publishes the array last, so that a reader that knows a number finds its rate in the array.
        _byId = rates;
    }
}
