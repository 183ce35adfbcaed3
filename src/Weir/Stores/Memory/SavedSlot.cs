using System.Runtime.InteropServices;

namespace Weir;

/// <summary>A bucket in a snapshot.</summary>
/// <param name="Head">Its head; 0 for none.</param>
/// <param name="Slot">Its state.</param>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal readonly record struct SavedSlot(ulong Head, Slot Slot)
{
    public const int Size = sizeof(ulong) + Slot.Size;
}
