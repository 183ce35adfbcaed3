using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Late;

public sealed class SchedulingLagTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly SchedulingLag _lag;

    public SchedulingLagTests() => _lag = new SchedulingLag(_time);

    private void Record(int ms)
    {
        long wokenAt = _time.GetTimestamp();
        _time.Advance(TimeSpan.FromMilliseconds(ms));
        _lag.Record(wokenAt, _time.GetTimestamp());
    }

    [Fact]
    public void The_largest_lag_is_kept_for_ten_seconds_and_forgotten_after_twenty()
    {
        Record(3);
        Record(70);
        Record(1);
        Assert.Equal((70, 1), (_lag.Largest.TotalMilliseconds, _lag.Last.TotalMilliseconds));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(70, _lag.Largest.TotalMilliseconds);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal(0, _lag.Largest.TotalMilliseconds);
    }

    [Fact]
    public void Without_a_record_there_is_no_lag() => Assert.Equal((TimeSpan.Zero, TimeSpan.Zero), (_lag.Largest, _lag.Last));
}
