using System.Diagnostics;
using Weir.Testing;

namespace Weir.Redis.Tests.Harness;

/// <summary>The clock by which deadlines are asserted does not run while the process stands.</summary>
public sealed class RunningTimeTests
{
    [Fact]
    public async Task It_passes_and_never_faster_than_the_walls()
    {
        using var time = new RunningTime();
        long began = Stopwatch.GetTimestamp(), here = time.GetTimestamp();

        await Task.Delay(TimeSpan.FromMilliseconds(50), time, TestContext.Current.CancellationToken);

        var passed = time.GetElapsedTime(here);
        Assert.InRange(passed, TimeSpan.FromMilliseconds(50), Stopwatch.GetElapsedTime(began) + TimeSpan.FromMilliseconds(5));
    }

    [Fact]
    public async Task It_stands_while_what_it_wakes_holds_it_up()
    {
        using var time = new RunningTime();
        var woken = new TaskCompletionSource<(TimeSpan Wall, TimeSpan Here)>();
        using var timer = time.CreateTimer(_ => woken.TrySetResult(StandStill(time)), null, TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);

        var (wall, here) = await woken.Task.WaitAsync(Until.Patience, TestContext.Current.CancellationToken);

        Assert.InRange(wall, TimeSpan.FromMilliseconds(190), TimeSpan.MaxValue);
        Assert.Equal(TimeSpan.Zero, here);
        long before = time.GetTimestamp();
        await Task.Delay(TimeSpan.FromMilliseconds(1), time, TestContext.Current.CancellationToken);
        Assert.InRange(time.GetElapsedTime(before), TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(20));
    }

    private static (TimeSpan Wall, TimeSpan Here) StandStill(RunningTime time)
    {
        long began = Stopwatch.GetTimestamp(), here = time.GetTimestamp();
        Thread.Sleep(200);
        return (Stopwatch.GetElapsedTime(began), time.GetElapsedTime(here));
    }
}
