namespace Weir;

/// <summary>
/// The sixteen candidate slots of a key in its part of the table, and which of them its tenant may take. The last four
/// are for a tenant that holds fewer of the sixteen than are free: a tenant that holds many can never take the rest,
/// and one that holds few finds some left ("dynamic thresholds", Choudhury and Hahne 1998, for the queues of a switch,
/// in which nothing once let in can be thrown out either).
/// </summary>
/// <remarks>
/// <para>
/// Shares are judged here, between keys that want the same slots, and not over the whole table: slots that a key cannot
/// have are of no use to it. So there is nothing to count beforehand, nothing to sweep, and no word to be kept in step
/// by several cores; the live buckets of a tenant are read off the slots that are in the cache anyway.
/// </para>
/// <para>
/// What follows, whatever anybody does: <b>no tenant ever has more than six of the eight slots of a set</b>, and so never more than three
/// quarters of a part. For a seventh it would hold six or more of the sixteen; since new buckets go where more is free,
/// at most two of
/// the other set are free as well, four in all: not more than the reserve, and fewer than it holds. A bucket that is as new counts as
/// free for others, but its own tenant takes its slot before any other, since the key may come back: so a tenant's
/// slots become no more
/// by waiting for them to drain.
/// </para>
/// <para>
/// And so, <b>beside one tenant that floods, a key finds a slot of its own if others than that tenant hold at most one
/// of its sixteen; or
/// three, none of them its own tenant's</b>: of the four that are left them, at least one more is free than its tenant holds. With more of them it is a
/// question of luck: see docs/decisions/017-isolation.md for the figures.
/// </para>
/// </remarks>
internal readonly unsafe ref struct Neighbourhood(Slot* first, Slot* second)
{
    /// <summary>
    /// A quarter of the sixteen. A part is made that much larger, so that one tenant alone can fill it with the keys it
    /// was made for.
    /// </summary>
    public const int Reserve = 4;

    private readonly Slot* _first = first;
    private readonly Slot* _second = second;

    /// <summary>
    /// Where a new bucket of a tenant may go; null for nowhere. Never the slot of a bucket that is not as new (law
    /// L11).
    /// </summary>
    public Slot* PlaceFor(uint tenant, MonotonicClock clock)
    {
        int inFirst = Empties(_first), inSecond = Empties(_second);
        return inFirst + inSecond > Reserve
            ? FirstEmpty(inFirst >= inSecond ? _first : _second)
            : PlaceOfShare(tenant, clock.Now);
    }

    /// <summary>A free slot, whosever share it is in; null when there is none.</summary>
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
        return first.Free >= second.Free ? first.Place : second.Place;
    }

    private static int Empties(Slot* set)
    {
        int count = 0;
        for (int i = 0; i < SlotPart.SetSize; i++)
            count += set[i].IsEmpty ? 1 : 0;
        return count;
    }

    private static Slot* FirstEmpty(Slot* set)
    {
        while (!set->IsEmpty)
            set++;
        return set;
    }

    /// <summary>How a set looks to a tenant that wants one of its slots.</summary>
    private ref struct SetView
    {
        /// <summary>Slots that are empty, or whose bucket is as new.</summary>
        public int Free;

        /// <summary>Live buckets of the tenant.</summary>
        public int Held;

        /// <summary>A free slot; null when there is none.</summary>
        public Slot* Place;

        /// <summary>The slot of a bucket of the tenant's own that is as new; null when there is none.</summary>
        public Slot* OwnAsNew;

        public static SetView Of(Slot* set, uint tenant, in StoreTime time)
        {
            var view = default(SetView);
            for (var slot = set; slot < set + SlotPart.SetSize; slot++)
            {
                bool empty = slot->IsEmpty, own = !empty && slot->Tenant == tenant;
                if (empty || slot->IsAsNew(time))
                {
                    view.Free++;
                    view.Place = slot;
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
