using System.Runtime.InteropServices;

namespace Weir;

/// <summary>A bucket in a snapshot. Head 0 marks the end of a section.</summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal readonly record struct SavedSlot(ulong Head, Slot Slot)
{
    public const int Size = sizeof(ulong) + Slot.Size;
}
