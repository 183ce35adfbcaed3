namespace Weir;

/// <summary>
/// The sixteen places that a key may have, and which of them its tenant may take. One of each eight is for tenants that a policy names, since others can be
/// invented without end. The last four are for a tenant that holds fewer of the sixteen than are free: whoever holds many can never take the rest, and whoever holds few finds some left ("dynamic thresholds",
/// Choudhury and Hahne 1998, for the queues of a switch, in which nothing once let in can be thrown out either).
/// </summary>
/// <remarks>
/// <para>
/// Shares are judged here, between keys that want the same places, and not over the whole table: places that a key cannot have are of no use
/// to it. So there is nothing to count beforehand, nothing to sweep, and no word to be kept in step by several cores; how many live buckets a
/// tenant has is read off the slots that are in the cache anyway.
/// </para>
/// <para>
/// What follows, whatever anybody does: <b>no tenant ever has more than six of the eight slots of a set</b>, and so never more than three
/// quarters of the table. For a seventh it would hold six or more of the sixteen; since new buckets go where more is free, at most two of
/// the other set are free as well, four in all: not more than the reserve, and fewer than it holds. A bucket that is as new counts as
/// free for others, but its own tenant takes its place before any other, since the key may come back: so a tenant's slots become no more
/// by waiting for them to drain.
/// </para>
/// <para>
/// And so, <b>beside one tenant that floods, a key finds a place of its own if others than that tenant hold at most one of its sixteen; or
/// three, none of them its own tenant's</b>: of the four that are left them, at least one more is free than its tenant holds. With more of them it is a
/// question of luck: see docs/decisions/017-isolation.md for the figures.
/// </para>
/// </remarks>
internal readonly unsafe ref struct Neighbourhood(Slot* first, Slot* second)
{
    /// <summary>A quarter of the sixteen. The table is made that much larger, so that one tenant alone can fill it with the keys it was made for.</summary>
    public const int Reserve = 4;

    /// <summary>What tenants that no policy names may have of a set together.</summary>
    public const int MostUnnamed = SlotShard.SetSize - 1;

    /// <summary>The bit of a tenant's name that says that no policy names him.</summary>
    public const uint Unnamed = 0x8000_0000;

    private readonly Slot* _first = first;
    private readonly Slot* _second = second;

    /// <summary>Where a new bucket of a tenant may go; null for nowhere. Never the place of a bucket that is not as new (law L11).</summary>
    public Slot* PlaceFor(uint tenant, MonotonicClock clock)
    {
        int inFirst = Empties(_first), inSecond = Empties(_second);
        return inFirst + inSecond > Reserve
            ? FirstEmpty(inFirst >= inSecond ? _first : _second)
            : PlaceOfShare(tenant, clock.Now);
    }

    /// <summary>A free place, whosever share it is in; null when there is none.</summary>
    public Slot* AnyPlace(MonotonicClock clock)
    {
        var time = clock.Now;
        SetView first = SetView.Of(_first, 0, time), second = SetView.Of(_second, 0, time);
        return first.Free >= second.Free ? first.Place : second.Place;
    }

    private Slot* PlaceOfShare(uint tenant, in StoreTime time)
    {
        var first = SetView.Of(_first, tenant, time);
        var second = SetView.Of(_second, tenant, time);
        if (first.OwnAsNew is not null || second.OwnAsNew is not null)
            return first.OwnAsNew is not null ? first.OwnAsNew : second.OwnAsNew;
        int free = first.Free + second.Free;
        if (free <= Reserve && first.Held + second.Held >= free)
            return null;
        bool isUnnamed = (tenant & Unnamed) != 0;
        Slot* one = first.PlaceFor(isUnnamed), other = second.PlaceFor(isUnnamed);
        return other is null || (one is not null && first.Free >= second.Free) ? one : other;
    }

    private static int Empties(Slot* set)
    {
        int count = 0;
        for (int i = 0; i < SlotShard.SetSize; i++)
            count += set[i].IsEmpty ? 1 : 0;
        return count;
    }

    private static Slot* FirstEmpty(Slot* set)
    {
        while (!set->IsEmpty)
            set++;
        return set;
    }

    /// <summary>How a set looks to a tenant that wants one of its places.</summary>
    private ref struct SetView
    {
        /// <summary>Slots that are empty, or whose bucket is as new.</summary>
        public int Free;

        /// <summary>Live buckets of the tenant.</summary>
        public int Held;

        /// <summary>Slots of tenants that no policy names, those included that are as new, since their keys may come back.</summary>
        public int OfUnnamed;

        /// <summary>One of these that is as new; null when none is.</summary>
        public Slot* UnnamedAsNew;

        /// <summary>One that is free; null when none is.</summary>
        public Slot* Place;

        /// <summary>The place of a bucket of the tenant's own that is as new; null when there is none.</summary>
        public Slot* OwnAsNew;

        /// <summary>A free place; where tenants that no policy names have all that they may, one of theirs.</summary>
        public readonly Slot* PlaceFor(bool isUnnamed) => isUnnamed && OfUnnamed >= MostUnnamed ? UnnamedAsNew : Place;

        public static SetView Of(Slot* set, uint tenant, in StoreTime time)
        {
            var view = default(SetView);
            for (var slot = set; slot < set + SlotShard.SetSize; slot++)
            {
                bool empty = slot->IsEmpty, own = !empty && slot->Tenant == tenant, unnamed = !empty && (slot->Tenant & Unnamed) != 0;
                view.OfUnnamed += unnamed ? 1 : 0;
                if (empty || slot->IsAsNew(time))
                {
                    view.Free++;
                    view.Place = slot;
                    if (unnamed)
                        view.UnnamedAsNew = slot;
                    if (own)
                        view.OwnAsNew = slot;
                }
                else
                {
                    view.Held += own ? 1 : 0;
                }
            }

            return view;
        }
    }
}
