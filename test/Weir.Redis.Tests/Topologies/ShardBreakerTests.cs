using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Topologies;

public sealed class ShardBreakerTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly BreakerOptions _options = new();
    private readonly List<bool> _changes = [];
    private readonly ShardBreaker _breaker;

    public ShardBreakerTests()
    {
        _breaker = new ShardBreaker(_options, _time);
        _breaker.Changed += _changes.Add;
    }

    private void Open()
    {
        for (int i = 0; i < _options.FailuresInARow; i++)
        {
            _breaker.Failed(lives: false);
            _time.Advance(_options.Silence);
        }

        Assert.False(_breaker.IsClosed);
    }

    [Fact]
    public void While_it_is_open_one_decision_per_break_is_asked()
    {
        Open();
        Assert.False(_breaker.MayAsk());
        _time.Advance(_options.Break);
        Assert.True(_breaker.MayAsk());
        Assert.False(_breaker.MayAsk());

        _breaker.Failed(lives: false);
        Assert.False(_breaker.MayAsk());
        _time.Advance(_options.Break);
        Assert.True(_breaker.MayAsk());
        _breaker.Succeeded();

        Assert.True(_breaker.IsClosed);
        Assert.Equal([true, false], _changes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(10_000)]
    public void An_answer_closes_it_also_if_nobody_asked_whether_the_node_may_be_asked(int afterMs)
    {
        // So it is with the only node of a Redis, and when no node of a cluster answers.
        Open();
        _time.Advance(TimeSpan.FromMilliseconds(afterMs));
        _breaker.Succeeded();
        Assert.True(_breaker.IsClosed);
        Assert.Equal([true, false], _changes);
    }

    [Fact]
    public void A_failure_without_a_probe_keeps_it_open()
    {
        Open();
        _breaker.Failed(lives: false);
        Assert.False(_breaker.IsClosed);
        _time.Advance(_options.Break);
        Assert.True(_breaker.MayAsk());
        Assert.Equal([true], _changes);
    }
}
