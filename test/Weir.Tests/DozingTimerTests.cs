using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests;

public sealed class DozingTimerTests : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly DozingTimer _timer;
    private int _left;
    private int _done;

    public DozingTimerTests() => _timer = new DozingTimer(Interval, () => _done++ >= 0 && --_left > 0, _time);

    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    [Fact]
    public void Without_work_it_does_nothing()
    {
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _done);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public void It_works_an_interval_after_it_was_woken_until_nothing_is_left_and_then_dozes(int work)
    {
        _left = work;
        _timer.Wake();
        _timer.Wake();
        Assert.Equal(0, _done);
        for (int i = 1; i <= work; i++)
        {
            _time.Advance(Interval);
            Assert.Equal(i, _done);
        }

        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(work, _done);
    }

    [Fact]
    public void It_can_be_woken_again()
    {
        for (int i = 1; i <= 3; i++)
        {
            _left = 1;
            _timer.Wake();
            _time.Advance(Interval);
            Assert.Equal(i, _done);
        }
    }

    [Fact]
    public async Task Nothing_is_done_after_it_is_disposed()
    {
        _left = 5;
        _timer.Wake();
        await _timer.DisposeAsync();
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _done);
    }

    [Fact]
    public async Task Work_that_comes_from_many_threads_is_never_left_undone()
    {
        int waiting = 0, done = 0;
        await using var timer = new DozingTimer(TimeSpan.FromMilliseconds(1), () => { Interlocked.Add(ref done, Interlocked.Exchange(ref waiting, 0)); return false; }, TimeProvider.System);
        const int each = 20_000;
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < each; i++)
            {
                Interlocked.Increment(ref waiting);
                timer.Wake();
            }
        })));
        while (Volatile.Read(ref done) < 4 * each)
            await Task.Delay(1, TestContext.Current.CancellationToken);
    }
}
