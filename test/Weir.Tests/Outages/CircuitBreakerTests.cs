using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Outages;

public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly BreakerOptions _options = new();
    private readonly CircuitBreaker _breaker;

    public CircuitBreakerTests() => _breaker = new CircuitBreaker(_options, _time);

    private void Open()
    {
        _breaker.Failed();
        _time.Advance(_options.Silence);
        for (int i = 1; i < _options.FailuresInARow; i++)
            _breaker.Failed();
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    private int OpenAndLease()
    {
        Open();
        _time.Advance(_options.Break);
        Assert.True(_breaker.TryLeaseProbe(out int lease));
        return lease;
    }

    [Fact]
    public void It_begins_closed_and_gives_no_probe()
    {
        Assert.Equal(BreakerState.Closed, _breaker.State);
        Assert.False(_breaker.TryLeaseProbe(out _));
    }

    [Fact]
    public void Failures_in_a_row_open_it_and_the_last_one_says_so()
    {
        for (int i = 1; i < _options.FailuresInARow; i++)
            Assert.False(_breaker.Failed());
        _time.Advance(_options.Silence);
        Assert.True(_breaker.IsClosed);
        Assert.True(_breaker.Failed());
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void Any_number_of_failures_in_one_moment_is_one_event()
    {
        for (int i = 0; i < 1_000; i++)
            Assert.False(_breaker.Failed());
        _time.Advance(_options.Silence);
        for (int i = 0; i < 1_100; i++)
            _breaker.Succeeded();
        Assert.False(_breaker.Failed());
    }

    [Fact]
    public void A_success_between_failures_begins_the_row_anew()
    {
        for (int i = 0; i < _options.FailuresInARow - 1; i++)
            _breaker.Failed();
        _breaker.Succeeded();
        Assert.False(_breaker.Failed());
        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void Half_of_a_windows_calls_failing_opens_it_at_its_end_although_no_row_is_long()
    {
        var passed = TimeSpan.Zero;
        while (_breaker.IsClosed && passed < 10 * _options.Window)
        {
            _breaker.Succeeded();
            passed += _options.Silence / 5;
            _time.Advance(_options.Silence / 5);
            _breaker.Failed();
        }

        Assert.Equal(_options.Window, passed);
    }

    [Fact]
    public void A_store_that_lives_but_is_slow_opens_it_only_by_a_whole_window()
    {
        var passed = TimeSpan.Zero;
        while (!_breaker.Failed(lives: true) && passed < 10 * _options.Window)
        {
            passed += _options.Silence / 5;
            _time.Advance(_options.Silence / 5);
        }

        Assert.Equal(_options.Window, passed);
    }

    [Fact]
    public void A_pause_in_which_a_crowd_fell_due_does_not_open_it_when_its_window_recovers()
    {
        for (int i = 0; i < 50; i++)
        {
            for (int one = 0; one < 10; one++)
                _breaker.Failed();
            _breaker.Succeeded();
            _time.Advance(_options.Silence / 20);
        }

        for (int i = 0; i < 600; i++)
            _breaker.Succeeded();
        _time.Advance(_options.Window);
        Assert.False(_breaker.Failed());
    }

    [Fact]
    public void Fewer_calls_than_say_anything_do_not_open_it()
    {
        for (int i = 0; i < _options.LeastCalls / 2 - 1; i++)
        {
            _breaker.Failed();
            _breaker.Succeeded();
        }

        _time.Advance(_options.Window);
        Assert.False(_breaker.Failed());
    }

    [Fact]
    public void A_tenth_of_all_calls_failing_does_not_open_it()
    {
        for (int i = 0; i < 1_000; i++)
        {
            if (i % 10 == 0)
                _breaker.Failed();
            else
                _breaker.Succeeded();
        }

        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void Failures_of_an_older_window_are_forgotten()
    {
        for (int i = 0; i < 100; i++)
        {
            _breaker.Failed();
            _breaker.Succeeded();
            _time.Advance(_options.Window / 4);
        }

        Assert.True(_breaker.IsClosed);
    }

    [Fact]
    public void Open_it_hears_nothing_of_older_calls()
    {
        Open();
        _breaker.Succeeded();
        Assert.False(_breaker.Failed());
        Assert.False(_breaker.Trip());
        Assert.Equal(BreakerState.Open, _breaker.State);
    }

    [Fact]
    public void A_probe_is_due_when_the_break_is_over_and_not_before()
    {
        Open();
        _time.Advance(_options.Break - TimeSpan.FromTicks(1));
        Assert.False(_breaker.TryLeaseProbe(out _));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.True(_breaker.TryLeaseProbe(out _));
    }

    [Fact]
    public void Only_one_probe_is_under_way()
    {
        OpenAndLease();
        Assert.False(_breaker.TryLeaseProbe(out _));
    }

    [Fact]
    public void A_probe_that_succeeds_closes_it_with_clean_counts()
    {
        Assert.True(_breaker.ProbeSucceeded(OpenAndLease()));
        Assert.Equal(BreakerState.Closed, _breaker.State);
        for (int i = 1; i < _options.FailuresInARow; i++)
            Assert.False(_breaker.Failed());
    }

    [Fact]
    public void A_probe_that_fails_opens_it_for_another_break()
    {
        _breaker.ProbeFailed(OpenAndLease());
        Assert.Equal(BreakerState.Open, _breaker.State);
        Assert.False(_breaker.TryLeaseProbe(out _));
        _time.Advance(_options.Break);
        Assert.True(_breaker.TryLeaseProbe(out _));
    }

    [Fact]
    public void A_lost_probe_wedges_nothing_since_its_lease_ends()
    {
        OpenAndLease();
        _time.Advance(_options.ProbeLease);
        Assert.True(_breaker.TryLeaseProbe(out _));
    }

    [Fact]
    public void A_probe_whose_lease_has_ended_says_nothing()
    {
        int old = OpenAndLease();
        _time.Advance(_options.ProbeLease);
        Assert.True(_breaker.TryLeaseProbe(out int lease));
        Assert.False(_breaker.ProbeSucceeded(old));
        _breaker.ProbeFailed(old);
        Assert.Equal(BreakerState.HalfOpen, _breaker.State);
        Assert.True(_breaker.ProbeSucceeded(lease));
    }

    [Fact]
    public void Tripped_it_is_open_at_once()
    {
        Assert.True(_breaker.Trip());
        Assert.Equal(BreakerState.Open, _breaker.State);
    }
}
