using System.Numerics;

namespace Weir;

/// <summary>
/// The 32 candidate slots of a bucket in its part of the table, and which of them its tenant may take. The last eight
/// are for a tenant that holds fewer of the 32 than are free: a tenant that holds many can never take the rest, and one
/// that holds few finds some left ("dynamic thresholds", Choudhury and Hahne 1998, for the queues of a switch, in which
/// nothing once let in can be thrown out either).
/// </summary>
/// <remarks>
/// <para>
/// Tenants share the slots that a bucket can have, and not the whole table: other slots are of no use to it. So there
/// is nothing to count beforehand, nothing to sweep, and no word that several cores write.
/// </para>
/// <para>
/// A new bucket goes into the set in which more is free ("the power of two choices", Mitzenmacher 2001), which fills
/// sets so evenly that hardly two full ones meet before all are.
/// </para>
/// <para>
/// Therefore <b>no tenant ever has more than twelve of the sixteen slots of a set</b>, and so never more than three
/// quarters of a part. For a thirteenth it would hold twelve or more of the 32; since the other set has no more free
/// slots than this one, eight at most are free: not more than the reserve, and fewer than it holds. A bucket that is as
/// new counts as free for others, but its own tenant takes its slot before any other, since the key may come back: so
/// waiting does not multiply a tenant's slots.
/// </para>
/// <para>
/// And <b>beside one tenant that floods, a key finds a slot if other tenants hold at most three of its 32</b>; or
/// seven, none of them its own tenant's. With more of them it is a question of luck: docs/decisions/034.
/// </para>
/// </remarks>
internal readonly unsafe ref struct CandidateSlots(SlotSet first, SlotSet second)
{
    /// <summary>
    /// A quarter of the 32. A part is made that much larger, so that one tenant alone can fill it with the keys it was
    /// made for.
    /// </summary>
    public const int Reserve = SlotSet.Count / 2;

    private readonly SlotSet _first = first;
    private readonly SlotSet _second = second;

    /// <summary>
    /// Returns the slot for a new bucket; none if there is none for its tenant. Never the slot of a bucket that is not
    /// as new (law L11).
    /// </summary>
    public SlotRef SlotFor(ulong head, MonotonicClock clock)
    {
        uint inFirst = _first.Empties, inSecond = _second.Empties;
        int first = BitOperations.PopCount(inFirst), second = BitOperations.PopCount(inSecond);
        if (first + second <= Reserve)
            return SlotOfShare(head, clock.Now);
        return first >= second
            ? new SlotRef(_first, SlotSet.BestOf(inFirst, head))
            : new SlotRef(_second, SlotSet.BestOf(inSecond, head));
    }

    /// <summary>Returns a free slot, whosever share it is in; none if there is none.</summary>
    public SlotRef AnySlot(MonotonicClock clock)
    {
        var time = clock.Now;
        SetView first = SetView.Of(_first, 0, time), second = SetView.Of(_second, 0, time);
        return first.Free >= second.Free ? first.Slot : second.Slot;
    }

    private SlotRef SlotOfShare(ulong head, in StoreTime time)
    {
        uint tenant = SlotSet.TenantOf(head);
        SetView first = SetView.Of(_first, tenant, time), second = SetView.Of(_second, tenant, time);
        if (!first.OwnAsNew.IsNone || !second.OwnAsNew.IsNone)
            return first.OwnAsNew.IsNone ? second.OwnAsNew : first.OwnAsNew;
        int free = first.Free + second.Free;
        if (free <= Reserve && first.Held + second.Held >= free)
            return default;
        return first.Free >= second.Free ? first.Slot : second.Slot;
    }

    /// <summary>How a set looks to a tenant that wants one of its slots.</summary>
    private ref struct SetView
    {
        /// <summary>Slots that are empty, or whose bucket is as new.</summary>
        public int Free;

        /// <summary>Live buckets of the tenant.</summary>
        public int Held;

        /// <summary>A free slot; none if there is none.</summary>
        public SlotRef Slot;

        /// <summary>The slot of a bucket of the tenant's own that is as new; none if there is none.</summary>
        public SlotRef OwnAsNew;

        public static SetView Of(SlotSet set, uint tenant, in StoreTime time)
        {
            var view = default(SetView);
            for (int i = 0; i < SlotSet.Count; i++)
            {
                ulong head = set.HeadAt(i);
                bool own = head != 0 && SlotSet.TenantOf(head) == tenant;
                if (head == 0 || set.SlotAt(i)->IsAsNew(time))
                {
                    view.Free++;
                    view.Slot = new SlotRef(set, i);
                    if (own)
                        view.OwnAsNew = view.Slot;
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
