using System.Diagnostics;

namespace Weir.Testing;

/// <summary>Waits for what others do in their own time. How long it takes is asserted nowhere: the patience only ends a run that hangs.</summary>
public static class Until
{
    /// <summary>Longer than anything takes on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Asks until the answer is yes.</summary>
    /// <param name="holds">What must become true.</param>
    /// <param name="account">What to say if it does not.</param>
    /// <exception cref="TimeoutException">It did not become true.</exception>
    public static Task TrueAsync(Func<bool> holds, Func<string> account) => TrueAsync(() => Task.FromResult(holds()), account);

    /// <inheritdoc cref="TrueAsync(Func{bool}, Func{string})"/>
    public static async Task TrueAsync(Func<Task<bool>> holds, Func<string> account)
    {
        long began = Stopwatch.GetTimestamp();
        while (!await holds())
        {
            if (Stopwatch.GetElapsedTime(began) > Patience)
                throw new TimeoutException($"This did not happen within {Patience.TotalSeconds} s: {account()}");
            await Task.Delay(Pause);
        }
    }
}
