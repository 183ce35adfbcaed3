using System.Diagnostics;

namespace Weir.Testing;

/// <summary>Waits for what servers do by themselves in a while.</summary>
public static class Polling
{
    /// <summary>Long, since a busy machine is no fault of theirs.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Asks until it is so.</summary>
    /// <param name="holds">What is to become true.</param>
    /// <param name="trouble">What it means if it does not.</param>
    public static async Task UntilAsync(Func<Task<bool>> holds, string trouble)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"{trouble} within {Patience.TotalSeconds} s");
            await Task.Delay(20);
        }
    }
}
