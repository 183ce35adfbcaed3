using System.Globalization;
using Microsoft.Extensions.Time.Testing;

namespace Weir.Server.Tests.Telemetry;

public sealed class DecisionLogTests
{
    private const int Line = 40;
    private const int Account = 41;

    private readonly FakeTimeProvider _time = new();
    private readonly LogFields<DecisionLog> _log = new();
    private readonly RateLimiter _limiter;

    public DecisionLogTests() => _limiter = new RateLimiter(
        PolicyDocument.Parse("defaultPlan: free\nplans: { free: { limits: { per-key: { rate: 2/s, burst: 1x } } } }", "test"),
        new MemoryStore(new MemoryStoreOptions { MaxKeys = 100_000 }, _time),
        _time);

    [Fact]
    public void A_line_says_who_asked_for_what_and_what_it_got()
    {
        using var log = Log(denied: 1, allowed: 1);
        Take(log, new RequestFacts("acme", "k", 2));
        Take(log, new RequestFacts("acme", "k", 1));
        Take(log, new RequestFacts("acme", "k", 3));

        Assert.Equal(
            [
                "Decision allowed: tenant acme, plan free, limit per-key, key \"k\", cost 2, retry after 0 ms, by memory",
                "Decision refused: tenant acme, plan free, limit per-key, key \"k\", cost 1, retry after 500 ms, by memory",
                "Decision never-fits: tenant acme, plan free, limit per-key, key \"k\", cost 3, retry after -1 ms, by memory",
            ],
            _log.Lines.Select(line => line.Text));
        Assert.Equal(
            ["Cost=1", "Key=k", "Limit=per-key", "Outcome=refused", "Plan=free", "RetryAfterMs=500", "Source=memory", "Tenant=acme"],
            _log.Lines[1].Fields.Where(field => field.Key != "{OriginalFormat}").Select(field => $"{field.Key}={field.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void By_default_nothing_is_logged()
    {
        using var log = new DecisionLog(new WeirOptions().DecisionLog, new ShownKeys(), _time, new Random(1), _log);
        for (int i = 0; i < 100; i++)
            Take(log, new RequestFacts("acme", "k"));

        Assert.Empty(_log.Lines);
    }

    [Fact]
    public void L10_of_100_000_refusals_in_ten_seconds_ten_a_second_are_logged_and_the_others_accounted_for()
    {
        using var log = Log(denied: 1, allowed: 0);
        Take(log, new RequestFacts("acme", "k", 2));
        for (int i = 0; i < 100_000; i++)
        {
            if (i % 10_000 == 0)
                _time.Advance(TimeSpan.FromSeconds(1));
            Take(log, new RequestFacts("acme", "k", 3));
        }

        _time.Advance(TimeSpan.FromSeconds(1));
        var accounts = _log.Lines.Where(line => line.Event == Account).Select(line => (long)line.Fields["Suppressed"]!).ToList();
        Assert.Equal(100, _log.Lines.Count(line => line.Event == Line));
        Assert.Equal(Enumerable.Repeat(9_990L, 10), accounts);
        Assert.Equal(110, _log.Lines.Count);
        Assert.Contains("9990 decisions more would have been logged, had there not been 10 lines", _log.Lines[^1].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0.01)]
    [InlineData(0.25)]
    public void The_share_that_is_logged_is_the_one_that_was_set(double share)
    {
        using var log = Log(denied: share, allowed: 0, perSecond: 10_000);
        for (int i = 0; i < 20_000; i++)
        {
            Take(log, new RequestFacts("acme", "k", 3));
            Take(log, new RequestFacts("acme", string.Create(CultureInfo.InvariantCulture, $"k{i}")));
        }

        // Within five standard deviations of what a coin of that share gives.
        double deviation = Math.Sqrt(20_000 * share * (1 - share));
        Assert.InRange(_log.Lines.Count, (20_000 * share) - (5 * deviation), (20_000 * share) + (5 * deviation));
        Assert.All(_log.Lines, line => Assert.Equal("never-fits", line.Fields["Outcome"]));
    }

    [Fact]
    public void A_key_is_shown_as_the_one_place_for_it_says_and_cannot_begin_a_line_of_its_own()
    {
        using var hidden = new DecisionLog(Settings(1, 1, 10), new ShownKeys(key => $"hash of {key.Length}"), _time, new Random(1), _log);
        Take(hidden, new RequestFacts("acme", "secret"));
        using var plain = Log(denied: 1, allowed: 1);
        Take(plain, new RequestFacts("acme", "a\r\nDecision allowed: \"é\u2028\u001b[2J"));

        Assert.Equal("hash of 6", _log.Lines[0].Fields["Key"]);
        Assert.DoesNotContain("secret", _log.Lines[0].Text, StringComparison.Ordinal);
        Assert.Equal("a\\r\\nDecision allowed: \\\"é\\u2028\\u001B[2J", _log.Lines[1].Fields["Key"]);
    }

    private static WeirOptions.DecisionLogSettings Settings(double denied, double allowed, int perSecond) => new() { Denied = denied, Allowed = allowed, PerSecond = perSecond };

    private DecisionLog Log(double denied, double allowed, int perSecond = 10) =>
        new(Settings(denied, allowed, perSecond), new ShownKeys(), _time, new Random(1), _log);

    private void Take(DecisionLog log, RequestFacts facts) => log.Record(facts, _limiter.TakeAsync(facts).Result);
}
