namespace Weir;

/// <summary>A slot and its set; the default is none.</summary>
internal readonly unsafe record struct SlotRef(SlotSet Set, int Index)
{
    public bool IsNone => Set.IsNone;

    public Slot* Slot => Set.SlotAt(Index);

    public ulong Head => Set.HeadAt(Index);
}
