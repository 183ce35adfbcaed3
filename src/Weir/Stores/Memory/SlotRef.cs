namespace Weir;

internal readonly unsafe record struct SlotRef(SlotSet Set, int Index)
{
    public bool IsNone => Set.IsNone;

    public Slot* Slot => Set.SlotAt(Index);

    public ulong Head => Set.HeadAt(Index);
}
