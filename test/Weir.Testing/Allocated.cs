namespace Weir.Testing;

/// <summary>Counts what a piece of code allocates.</summary>
public static class Allocated
{
    private const int Rounds = 10;

    /// <summary>
    /// Returns the least number of bytes that any of a few runs allocated on this thread. The runtime allocates there
    /// too once in a while, such as when it compiles a method again, so a single run says little.
    /// </summary>
    /// <param name="run">The code; it must be able to run again.</param>
    public static long ByRunning(Action run)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
