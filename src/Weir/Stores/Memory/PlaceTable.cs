using System.Runtime.InteropServices;

namespace Weir;

/// <summary>Who holds the places of concurrency limits, and until when. Bounded, and shared out to the tenants; a holder that does not come back is forgotten when its time is over.</summary>
/// <remarks>All methods whose names end in Locked want <see cref="Gate"/> held.</remarks>
internal sealed class PlaceTable(int maxHolders)
{
    /// <summary>Looking for who is gone costs a look at everybody, which nobody may have made again and again.</summary>
    private const long SweepUs = 1_000_000;

    private const int CopiedAtOnce = 256;

    private readonly Dictionary<UInt128, HolderList> _limits = [];
    private readonly Shares _shares = new(maxHolders);
    private long _sweptUs = -SweepUs;

    internal readonly record struct Holder(UInt128 Id, long UntilUs);

    /// <summary>Those who hold places of one limit; all of them are of one tenant.</summary>
    private sealed class HolderList : List<Holder>
    {
        public string Share = "";
    }

    /// <summary>Owns the table.</summary>
    public Lock Gate { get; } = new();

    /// <summary>Holders that are remembered, those included whose time is over and whose limit nobody has asked since.</summary>
    public int Holders
    {
        get
        {
            lock (Gate)
                return (int)_shares.Held;
        }
    }

    /// <summary>Limits that are remembered.</summary>
    public int Limits
    {
        get
        {
            lock (Gate)
                return _limits.Count;
        }
    }

    /// <summary>Places that are held, and when there will be room for <paramref name="places"/> more; when there is, when all will be free.</summary>
    public BucketState StateLocked(UInt128 limit, long nowUs, long places, long capacity)
    {
        if (!_limits.TryGetValue(limit, out var holders))
            return default;
        Forget(holders, nowUs);
        if (holders.Count == 0)
        {
            _limits.Remove(limit);
            return default;
        }

        long held = holders.Count * places, over = held + places - capacity;
        if (places == 0 || over <= 0)
            return new BucketState(held, holders[^1].UntilUs);
        long leaving = ((over - 1) / places) + 1;
        return new BucketState(held, holders[(int)Math.Min(leaving, holders.Count) - 1].UntilUs);
    }

    /// <summary>Takes a place. False when there are too many holders of all limits of the tenant together.</summary>
    public bool TryAddLocked(UInt128 limit, UInt128 id, long untilUs, long nowUs, string share)
    {
        if (!HasRoom(share, nowUs))
            return false;
        AddLocked(limit, new Holder(id, untilUs), share);
        return true;
    }

    /// <summary>Gives a place back. False when it is not held (any more).</summary>
    public bool RemoveLocked(UInt128 limit, UInt128 id)
    {
        if (!_limits.TryGetValue(limit, out var holders))
            return false;
        int removed = holders.RemoveAll(holder => holder.Id == id);
        _shares.Return(holders.Share, removed);
        if (holders.Count == 0)
            _limits.Remove(limit);
        return removed > 0;
    }

    /// <summary>Gives all places of a limit back.</summary>
    public void ClearLocked(UInt128 limit)
    {
        if (_limits.Remove(limit, out var holders))
            _shares.Return(holders.Share, holders.Count);
    }

    /// <summary>Copies all permits for a snapshot; takers wait for some limits at a time.</summary>
    public IReadOnlyList<SavedPermits> Export()
    {
        UInt128[] limits;
        lock (Gate)
            limits = [.. _limits.Keys];
        var saved = new List<SavedPermits>(limits.Length);
        foreach (var some in limits.Chunk(CopiedAtOnce))
        {
            lock (Gate)
            {
                foreach (var limit in some)
                {
                    if (_limits.TryGetValue(limit, out var holders))
                        saved.Add(new SavedPermits(limit, holders.Share, [.. holders]));
                }
            }
        }

        return saved;
    }

    /// <summary>
    /// Puts the permits of a snapshot back; the table's bound is the only one, since each was granted before.
    /// </summary>
    /// <param name="permits">The permits.</param>
    /// <param name="shiftUs">What turns their times into this store's.</param>
    /// <param name="nowUs">The store's clock; permits that ended before are over.</param>
    /// <returns>How many are back, and how many found no room.</returns>
    public (int Restored, int NoRoom) Import(IEnumerable<SavedPermits> permits, long shiftUs, long nowUs)
    {
        int restored = 0, noRoom = 0;
        lock (Gate)
        {
            foreach (var saved in permits)
            {
                foreach (var (id, untilUs) in saved.Holders.Where(holder => holder.UntilUs + shiftUs > nowUs))
                {
                    bool fits = _shares.Held < maxHolders;
                    (restored, noRoom) = fits ? (restored + 1, noRoom) : (restored, noRoom + 1);
                    if (fits)
                        AddLocked(saved.Limit, new Holder(id, untilUs + shiftUs), saved.Share);
                }
            }
        }

        return (restored, noRoom);
    }

    private void AddLocked(UInt128 limit, Holder holder, string share)
    {
        ref var holders = ref CollectionsMarshal.GetValueRefOrAddDefault(_limits, limit, out _);
        holders ??= new HolderList { Share = share };
        int at = holders.FindLastIndex(before => before.UntilUs <= holder.UntilUs) + 1;
        holders.Insert(at, holder);
        _shares.Take(holders.Share);
    }

    private bool HasRoom(string share, long nowUs)
    {
        if (!_shares.MayTake(share) && nowUs - _sweptUs >= SweepUs)
        {
            _sweptUs = nowUs;
            ForgetAll(nowUs);
        }

        return _shares.MayTake(share);
    }

    private void Forget(HolderList holders, long nowUs)
    {
        int over = holders.FindIndex(holder => holder.UntilUs > nowUs);
        int count = over < 0 ? holders.Count : over;
        holders.RemoveRange(0, count);
        _shares.Return(holders.Share, count);
    }

    private void ForgetAll(long nowUs)
    {
        foreach (var (limit, holders) in _limits)
        {
            Forget(holders, nowUs);
            if (holders.Count == 0)
                _limits.Remove(limit);
        }
    }
}
