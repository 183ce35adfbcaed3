using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>
/// How fast a bucket's spent units drain: the part of a <see cref="Quota"/> that time needs. Rates that memory decides
/// by have a small number each, so that a slot in memory can say its rate in 22 bits.
/// </summary>
/// <remarks>
/// Numbers are given when memory first asks for them, and never taken back: a rate that is only validated, or that
/// Redis alone decides by, has none. There are at most <see cref="MaxCount"/>; when three quarters of them are given, a
/// quota with a new rate is refused.
/// </remarks>
internal sealed class RefillRate : IEquatable<RefillRate>
{
    /// <summary>Distinct rates a process can number.</summary>
    public const int MaxCount = 1 << 22;

    /// <summary>From here on a new rate is refused. The rest is for quotas whose rates have no number yet.</summary>
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

    /// <summary>
    /// The rate of every window: all of it comes back at once, when it ends. No bucket can be that fast.
    /// </summary>
    public static readonly RefillRate OfWindows = Get(1, 1, Quota.ExactLimit);

    /// <summary>True for a bucket that is a window, whose stamp is its end.</summary>
    public bool IsWindow => UnitsPerTick == Quota.ExactLimit;

    /// <summary>The number of this rate and of all equal ones, from 0 up, for the life of the process.</summary>
    public int Id => Volatile.Read(ref _id) is not Unnumbered and var id ? id : Number();

    /// <summary>True if this rate, or an equal one, has a number.</summary>
    public bool IsNumbered => Volatile.Read(ref _id) != Unnumbered || Known.ContainsKey(Numbers);

    /// <summary>The clock of this rate: 1, 1,000 or 1,000,000 microseconds a tick.</summary>
    public long TickUs { get; }

    /// <summary>Units that make one token.</summary>
    public long UnitsPerToken { get; }

    /// <summary>Units that drain in one tick.</summary>
    public long UnitsPerTick { get; }

    /// <summary>Rates that have a number.</summary>
    public static int Count => Volatile.Read(ref _count);

    /// <summary>The rate with these numbers; false for a new one when <see cref="RefusedFrom"/> are numbered.</summary>
    public static bool TryGet(long tickUs, long unitsPerToken, long unitsPerTick, [NotNullWhen(true)] out RefillRate? rate)
    {
        bool fits = Count < RefusedFrom || Known.ContainsKey((tickUs, unitsPerToken, unitsPerTick));
        rate = fits ? new RefillRate(tickUs, unitsPerToken, unitsPerTick) : null;
        return fits;
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

    /// <inheritdoc/>
    public bool Equals(RefillRate? other) => other is not null && Numbers == other.Numbers;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as RefillRate);

    /// <inheritdoc/>
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
        // Published last: a reader that knows a number has it from a rate that is already in the array it sees.
        _byId = rates;
    }
}
