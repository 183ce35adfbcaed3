using System.Numerics;

namespace Weir;

// The 32 candidate slots of a bucket, sixteen in each of two sets. A new bucket goes into the set with more free slots
// ("the power of two choices", Mitzenmacher 2001).
// The last eight free slots are for tenants that hold fewer of the 32 than are free ("dynamic thresholds", Choudhury
// and Hahne 1998). So no tenant has more than twelve slots of a set: for a thirteenth, it would hold at least twelve
// while at most eight are free. An empty bucket counts as free, but its own tenant reuses its slot first.
// Beside one flooding tenant, a key finds a slot if other tenants hold at most three of its 32, or at most seven and
// none by its own tenant. Beyond that, it depends on the hash: docs/decisions/034.
internal readonly unsafe ref struct CandidateSlots(SlotSet first, SlotSet second)
{
    // Slots reserved for tenants that hold few: a quarter. SlotTable adds as many, so one tenant can use all keys.
    public const int Reserve = SlotSet.Count / 2;

    private readonly SlotSet _first = first;
    private readonly SlotSet _second = second;

    /// <summary>Returns a slot for a new bucket, or none. Never takes the slot of a bucket in use (law L11).</summary>
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

    /// <summary>Returns any free slot, without regard to the tenant; none if all slots are in use.</summary>
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

    private ref struct SetView
    {
        /// <summary>Number of slots that are empty, or whose bucket equals a new one.</summary>
        public int Free;

        public int Held;

        public SlotRef Slot;

        /// <summary>Slot of a bucket of the tenant that equals a new one; none if there is no such bucket.</summary>
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
