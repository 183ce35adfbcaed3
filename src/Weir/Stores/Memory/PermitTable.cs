using System.Numerics;
using System.Runtime.InteropServices;

namespace Weir;

// The holders of permits and their timeouts. Bounded; tenants share the bound. Each limit belongs to one of 64 parts,
// and each part has a lock. Methods named Locked require the lock of their limit's part (Enter, PartOf).
internal sealed class PermitTable(int maxHolders)
{
    private const int Parts = 64;

    /// <summary>Minimum interval between sweeps, each of which reads all holders.</summary>
    private const long SweepUs = 1_000_000;

    private readonly Part[] _parts = [.. Enumerable.Range(0, Parts).Select(_ => new Part())];

    /// <summary>Guards <see cref="_shares"/>. A thread takes this lock last.</summary>
    private readonly Lock _shareGate = new();
    private readonly Shares _shares = new(maxHolders);
    private long _sweptUs = -SweepUs;

    internal readonly record struct Holder(UInt128 Id, long UntilUs);

    private sealed class Part
    {
        public readonly Lock Gate = new();
        public readonly Dictionary<UInt128, PermitHolders> Limits = [];
    }

    public int Holders
    {
        get
        {
            lock (_shareGate)
                return (int)_shares.Held;
        }
    }

    public int Limits => _parts.Sum(part =>
    {
        lock (part.Gate)
            return part.Limits.Count;
    });

    /// <summary>Returns the part of a limit as a mask with one bit.</summary>
    public static ulong PartOf(UInt128 limit) => 1UL << (int)(limit >> 122);

    /// <summary>Locks a set of parts in their order, which prevents deadlocks.</summary>
    public void Enter(ulong parts)
    {
        for (; parts != 0; parts &= parts - 1)
            _parts[BitOperations.TrailingZeroCount(parts)].Gate.Enter();
    }

    public void Exit(ulong parts)
    {
        for (; parts != 0; parts &= parts - 1)
            _parts[BitOperations.TrailingZeroCount(parts)].Gate.Exit();
    }

    // Returns the held permits and the time of room for one more; if there is room now, the time when all are free.
    public BucketState StateLocked(UInt128 limit, long nowUs, long permits, long capacity)
    {
        var limits = LimitsOf(limit);
        if (!limits.TryGetValue(limit, out var holders))
            return default;
        Forget(limits, limit, holders, nowUs);
        if (holders.Count == 0)
            return default;
        long held = holders.Count * permits, over = held + permits - capacity;
        if (permits == 0 || over <= 0)
            return new BucketState(held, holders.LastUntilUs);
        long leaving = ((over - 1) / permits) + 1;
        return new BucketState(held, holders.UntilUsOf((int)Math.Min(leaving, holders.Count)));
    }

    /// <summary>Adds a holder. Returns false if the tenant holds too much of the table already.</summary>
    public bool TryAddLocked(UInt128 limit, UInt128 id, long untilUs, long nowUs, string share)
    {
        var limits = LimitsOf(limit);
        share = limits.TryGetValue(limit, out var holders) ? holders.Share : share;
        if (!TryTake(share))
        {
            Sweep(nowUs);
            if (!TryTake(share))
                return false;
        }

        Add(limits, limit, new Holder(id, untilUs), share);
        return true;
    }

    public bool RemoveLocked(UInt128 limit, UInt128 id)
    {
        var limits = LimitsOf(limit);
        if (!limits.TryGetValue(limit, out var holders) || !holders.Remove(id))
            return false;
        Return(limits, limit, holders, 1);
        return true;
    }

    public void ClearLocked(UInt128 limit)
    {
        if (LimitsOf(limit).Remove(limit, out var holders))
            Return(holders.Share, holders.Count);
    }

    /// <summary>Copies all permits for a snapshot. Locks one part at a time.</summary>
    public IReadOnlyList<SavedPermits> Export()
    {
        var saved = new List<SavedPermits>();
        foreach (var part in _parts)
        {
            lock (part.Gate)
            {
                foreach (var (limit, holders) in part.Limits)
                    saved.Add(new SavedPermits(limit, holders.Share, [.. holders.InOrder]));
            }
        }

        return saved;
    }

    // Restores the permits of a snapshot while the table has room. Returns how many were restored and dropped.
    public (int Restored, int NoRoom) Import(IEnumerable<SavedPermits> permits, long shiftUs, long nowUs)
    {
        int restored = 0, noRoom = 0;
        foreach (var saved in permits)
        {
            ulong part = PartOf(saved.Limit);
            Enter(part);
            foreach (var (id, untilUs) in saved.Holders.Where(holder => holder.UntilUs + shiftUs > nowUs))
            {
                bool fits = TryTake(saved.Share, isGranted: true);
                (restored, noRoom) = fits ? (restored + 1, noRoom) : (restored, noRoom + 1);
                if (fits)
                    Add(LimitsOf(saved.Limit), saved.Limit, new Holder(id, untilUs + shiftUs), saved.Share);
            }

            Exit(part);
        }

        return (restored, noRoom);
    }

    private Dictionary<UInt128, PermitHolders> LimitsOf(UInt128 limit) =>
        _parts[BitOperations.TrailingZeroCount(PartOf(limit))].Limits;

    private void Add(Dictionary<UInt128, PermitHolders> limits, UInt128 limit, Holder holder, string share)
    {
        ref var holders = ref CollectionsMarshal.GetValueRefOrAddDefault(limits, limit, out _);
        holders ??= new PermitHolders(share);
        if (!holders.Add(holder))
            Return(holders.Share, 1);
    }

    private bool TryTake(string share, bool isGranted = false)
    {
        lock (_shareGate)
        {
            bool fits = isGranted ? _shares.Held < maxHolders : _shares.MayTake(share);
            if (fits)
                _shares.Take(share);
            return fits;
        }
    }

    private void Return(string share, int count)
    {
        lock (_shareGate)
            _shares.Return(share, count);
    }

    private void Return(Dictionary<UInt128, PermitHolders> limits, UInt128 limit, PermitHolders holders, int count)
    {
        Return(holders.Share, count);
        if (holders.Count == 0)
            limits.Remove(limit);
    }

    private void Forget(Dictionary<UInt128, PermitHolders> limits, UInt128 limit, PermitHolders holders, long nowUs)
    {
        if (holders.RemoveEnded(nowUs) is > 0 and var count)
            Return(limits, limit, holders, count);
    }

    /// <summary>Removes holders that timed out. Skips locked parts, which prevents deadlocks.</summary>
    private void Sweep(long nowUs)
    {
        if (nowUs - Volatile.Read(ref _sweptUs) < SweepUs)
            return;
        Volatile.Write(ref _sweptUs, nowUs);
        foreach (var part in _parts)
        {
            if (!part.Gate.TryEnter())
                continue;
            foreach (var (limit, holders) in part.Limits)
                Forget(part.Limits, limit, holders, nowUs);
            part.Gate.Exit();
        }
    }
}
