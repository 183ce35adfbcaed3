using System.Diagnostics;

namespace Weir.Server.Tests.Harness;

/// <summary>Waits for what a real process does in its own time.</summary>
internal static class Until
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    public static Task TrueAsync(Func<bool> condition, Func<string> account) =>
        TrueAsync(() => Task.FromResult(condition()), account, Deadline);

    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> account, TimeSpan deadline)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > deadline)
                Assert.Fail($"This did not happen within {deadline.TotalSeconds} s. The last that was seen:\n{account()}");
            await Task.Delay(10);
        }
    }
}
