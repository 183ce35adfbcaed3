using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// How fast a bucket's spent units drain: the part of a <see cref="Quota"/> that time needs. Equal rates are one object
/// with one small number, so that a slot in memory can say its rate in 22 bits.
/// </summary>
/// <remarks>
/// Rates are never forgotten: there are as many as distinct rates in all policies this process has ever loaded, and at most
/// <see cref="MaxCount"/>, beyond which a quota is refused.
/// </remarks>
internal sealed class RefillRate
{
    /// <summary>Distinct rates a process can hold.</summary>
    public const int MaxCount = 1 << 22;

    private static readonly ConcurrentDictionary<(long, long, long), RefillRate> Known = new();
    private static readonly Lock Growing = new();
    private static volatile RefillRate[] _byId = new RefillRate[16];
    private static int _count;

    private RefillRate(int id, long tickUs, long unitsPerToken, long unitsPerTick)
    {
        Id = id;
        TickUs = tickUs;
        UnitsPerToken = unitsPerToken;
        UnitsPerTick = unitsPerTick;
    }

    /// <summary>The rate of every window: all of it comes back at once, when it ends. No bucket can be that fast.</summary>
    public static readonly RefillRate OfWindows = Get(1, 1, Quota.ExactLimit);

    /// <summary>True for a bucket that is a window, whose stamp is its end.</summary>
    public bool IsWindow => UnitsPerTick == Quota.ExactLimit;

    /// <summary>This rate's number, from 0 up, for the life of the process.</summary>
    public int Id { get; }

    /// <summary>The clock of this rate: 1, 1,000 or 1,000,000 microseconds a tick.</summary>
    public long TickUs { get; }

    /// <summary>Units that make one token.</summary>
    public long UnitsPerToken { get; }

    /// <summary>Units that drain in one tick.</summary>
    public long UnitsPerTick { get; }

    /// <summary>The rate with these numbers; false when the process holds <see cref="MaxCount"/> others.</summary>
    public static bool TryGet(long tickUs, long unitsPerToken, long unitsPerTick, [NotNullWhen(true)] out RefillRate? rate)
    {
        var numbers = (tickUs, unitsPerToken, unitsPerTick);
        if (Known.TryGetValue(numbers, out rate))
            return true;
        lock (Growing)
        {
            if (Known.TryGetValue(numbers, out rate))
                return true;
            if (_count == MaxCount)
                return false;
            rate = new RefillRate(_count, tickUs, unitsPerToken, unitsPerTick);
            Append(rate);
            Known[numbers] = rate;
            return true;
        }
    }

    /// <summary>As <see cref="TryGet"/>, for one of the few rates that are always there.</summary>
    public static RefillRate Get(long tickUs, long unitsPerToken, long unitsPerTick) =>
        TryGet(tickUs, unitsPerToken, unitsPerTick, out var rate) ? rate : throw new InvalidOperationException("no rate is free");

    /// <summary>The rate with this number.</summary>
    public static RefillRate ById(int id) => _byId[id];

    /// <summary>All rates so far, by number.</summary>
    public static ReadOnlySpan<RefillRate> All()
    {
        lock (Growing)
            return _byId.AsSpan(0, _count);
    }

    private static void Append(RefillRate rate)
    {
        var rates = _byId;
        if (_count == rates.Length)
            Array.Resize(ref rates, rates.Length * 2);
        rates[_count++] = rate;
        // Published last: a reader that knows a number has it from a rate that is already in the array it sees.
        _byId = rates;
    }
}
