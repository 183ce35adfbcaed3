using System.Runtime.InteropServices;

namespace Weir;

/// <summary>
/// The memory of a whole table in one piece: pinned for life, so that it can be pointed into. What is large enough begins at a
/// huge page and asks the operating system for such pages, since a look-up at random would else wait for the page tables too;
/// what is small begins at a cache line.
/// </summary>
internal sealed unsafe partial class SlotMemory
{
    public const int CacheLine = 64;
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    // Held for its memory's life. An array of slots, not of bytes, whose count would end at 2 GiB.
    private readonly Slot[] _slots;

    public SlotMemory(int slots)
    {
        long size = (long)slots * Slot.Size;
        int alignment = size < HugePage ? CacheLine : HugePage;
        // Fresh pages are zero, and a zero slot is empty.
        _slots = GC.AllocateArray<Slot>(slots + (alignment / Slot.Size), pinned: true);
        fixed (Slot* first = _slots)
            Start = (Slot*)(((nuint)first + (nuint)alignment - 1) & ~((nuint)alignment - 1));
        if (alignment == HugePage && OperatingSystem.IsLinux())
            AskForHugePages(size);
    }

    /// <summary>The first slot.</summary>
    public Slot* Start { get; }

    /// <summary>Bytes held.</summary>
    public long Bytes => _slots.LongLength * Slot.Size;

    /// <summary>Whether it is heard makes no difference but speed: a kernel without huge pages refuses, and that is all.</summary>
    private void AskForHugePages(long size)
    {
        try
        {
            _ = Advise(Start, (nuint)size, AdviseHugePages);
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            // No C library of that name: ordinary pages.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
