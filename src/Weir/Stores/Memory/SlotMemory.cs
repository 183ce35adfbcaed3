using System.Runtime.InteropServices;

namespace Weir;

// Memory of a part: zeroed, pinned for life, and in huge pages if possible, which reduces TLB misses.
internal sealed unsafe partial class SlotMemory
{
    public const int CacheLine = 64;
    private const int Page = 4096;
    private const int HugePage = 2 << 20;
    private const int AdviseHugePages = 14;

    // Keeps the memory alive. Consists of cache lines, because an array of bytes ends at 2 GiB.
    private readonly Line[] _lines;

    public SlotMemory(int sets)
    {
        long size = (long)sets * SlotSet.Size;
        // New pages are zero. The sets begin at a pair of cache lines, which the processor fetches together.
        _lines = GC.AllocateArray<Line>((int)(size / CacheLine) + 2, pinned: true);
        fixed (Line* first = _lines)
            Start = (ulong*)AlignedUp((nuint)first, 2 * CacheLine);
        if (size >= HugePage && OperatingSystem.IsLinux())
            AskForHugePages(size);
    }

    [StructLayout(LayoutKind.Sequential, Size = CacheLine)]
    private struct Line;

    public ulong* Start { get; }

    public long Bytes => _lines.LongLength * CacheLine;

    private static nuint AlignedUp(nuint address, int alignment) => (address + (nuint)alignment - 1) & ~((nuint)alignment - 1);

    /// <summary>Asks the system for huge pages. Without them, look-ups are slower.</summary>
    private void AskForHugePages(long size)
    {
        try
        {
            _ = Advise((void*)AlignedUp((nuint)Start, Page), (nuint)(size - Page), AdviseHugePages);
        }
        catch (Exception missing) when (missing is DllNotFoundException or EntryPointNotFoundException)
        {
            // The system has no C library of that name: use ordinary pages.
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(void* start, nuint length, int advice);
}
