using CsCheck;
using Weir.Testing;

namespace Weir.Drill.Tests.Checker;

/// <summary>The checker itself: what is over is found to the token, and nothing else is.</summary>
public sealed class SpanBoundTests
{
    private const long Second = 1_000_000;

    /// <summary>Ten in a burst, five a second.</summary>
    private static readonly SpanLaw Law = SpanLaw.Of(Some.Quota, scale: 4);

    private static readonly Gen<Span[]> Spans =
        Gen.Select(Gen.Long[0, 3 * Second], Gen.Long[0, Second / 2], Gen.Long[1, 4]).Select((from, length, cost) => new Span(from, from + length, cost)).Array[1, 25];

    private static readonly Gen<Allowance[]> Allowances =
        Gen.Select(Gen.Long[0, 3 * Second], Gen.Long[0, Second], Gen.Long[0, 10_000_000], Gen.Long[0, 5])
            .Select((from, length, burst, rate) => new Allowance(from, from + length, burst, rate)).Array[0, 3];

    [Fact]
    public void A_full_bucket_and_what_refills_is_allowed_and_one_token_more_is_found()
    {
        Span[] fair = [new(0, 0, 10), new(Second, Second, 5), new(2 * Second, 2 * Second, 5)];

        Assert.True(SpanBound.Worst(Law, fair).Holds);
        Assert.Equal(1, SpanBound.Worst(Law, [.. fair, new(2 * Second, 2 * Second, 1)]).TokensOver);
    }

    [Fact]
    public void The_interval_that_is_over_is_named()
    {
        // Idle long enough to be full again, then one over.
        Span[] log = [new(0, 1, 10), new(60 * Second, 60 * Second, 6), new(61 * Second, 61 * Second, 10)];

        Assert.Equal("1 over from 60.000 s to 61.000 s", SpanBound.Worst(Law, log).ToString());
    }

    [Fact]
    public void What_may_have_been_decided_outside_of_an_interval_is_not_held_against_it()
    {
        // Twenty at once would be ten too many; but the second ten may have been decided two seconds later.
        Assert.True(SpanBound.Worst(Law, [new(0, 0, 10), new(0, 2 * Second, 10)]).Holds);
        Assert.Equal(1, SpanBound.Worst(Law, [new(0, 0, 10), new(0, 2 * Second, 11)]).TokensOver);
    }

    [Fact]
    public void An_interval_that_spans_the_beginning_of_an_outage_may_hold_one_burst_more_and_none_within_it_may()
    {
        var law = Law with { Allowances = [new Allowance(10 * Second, 10 * Second, Law.CapacityUnits)] };
        Span[] spanning = [new(9 * Second, 9 * Second, 10), new(10 * Second, (10 * Second) + 1, 10)];

        Assert.True(SpanBound.Worst(law, spanning).Holds);
        Assert.Equal(5, SpanBound.Worst(Law, spanning).TokensOver);
        Assert.Equal(1, SpanBound.Worst(law, [.. spanning, new(10 * Second, (10 * Second) + 1, 6)]).TokensOver);
    }

    [Fact]
    public void Two_bursts_within_an_outage_are_found()
    {
        var law = Law with { Allowances = [new Allowance(10 * Second, 10 * Second, Law.CapacityUnits)] };
        long within = 11 * Second;

        Assert.Equal(10, SpanBound.Worst(law, [new(within, within, 10), new(within, within, 10)]).TokensOver);
        // Three are two more than one, and one of them is allowed if the interval begins before the outage does.
        Assert.Equal(10, SpanBound.Worst(law, [new(9 * Second, 9 * Second, 1), new(within, within, 10), new(within, within, 10)]).TokensOver);
    }

    [Fact]
    public void A_partial_partition_allows_a_share_of_the_burst_and_of_the_rate_more()
    {
        // One of four is cut off for four seconds: 2.5 more at once, and 1.25 a second.
        var law = Law with { Allowances = [new Allowance(0, 4 * Second, Law.CapacityUnits / 4, Law.UnitsPerUs / 4)] };

        Assert.Equal(Law.UnitsPerToken * 125 / 10, law.UnitsIn(0, 0));
        Assert.Equal(Law.UnitsPerToken * 375 / 10, law.UnitsIn(0, 4 * Second));
        Span[] fair = [new(0, 0, 12), .. Enumerable.Range(1, 4).Select(i => new Span(i * Second, i * Second, 6))];
        Assert.True(SpanBound.Worst(law, [.. fair, new(4 * Second, 4 * Second, 1)]).Holds);
        Assert.Equal(1, SpanBound.Worst(law, [.. fair, new(4 * Second, 4 * Second, 2)]).TokensOver);
        Assert.Equal(1, SpanBound.Worst(law, [new(0, 0, 13)]).TokensOver);
    }

    [Fact]
    public void A_reading_that_shows_more_than_is_left_is_found_to_the_token()
    {
        Span[] taken = [new(0, 1, 8)];

        Assert.True(SpanBound.WorstReading(Law, taken, [new(2, 3, 2)]).Holds);
        Assert.Equal(1, SpanBound.WorstReading(Law, taken, [new(2, 3, 3)]).TokensOver);
        Assert.True(SpanBound.WorstReading(Law, taken, [new(Second, Second, 7)]).Holds);
    }

    [Fact]
    public void What_was_not_answered_before_a_reading_need_not_be_in_it()
    {
        Assert.True(SpanBound.WorstReading(Law, [new(0, 5, 8)], [new(2, 3, 10)]).Holds);
        Assert.Equal(8, SpanBound.WorstReading(Law, [new(0, 2, 8)], [new(2, 3, 10)]).TokensOver);
    }

    [Fact]
    public void It_agrees_with_whoever_looks_at_every_interval() => Gen.Select(Spans, Allowances, Spans).Sample((admitted, allowances, readings) =>
    {
        var law = Law with { Allowances = allowances };

        Assert.Equal(EveryInterval.Worst(law, admitted), SpanBound.Worst(law, admitted).UnitsOver);
        Assert.Equal(EveryInterval.WorstReading(law, admitted, readings), SpanBound.WorstReading(law, admitted, readings).UnitsOver);
    });

    [Fact]
    public void It_agrees_with_the_checker_that_knows_when_each_was_decided() => Spans.Sample(spans =>
    {
        var exact = new IntervalBound(Some.Quota);
        Span[] points = [.. spans.Select(span => span with { ToUs = span.FromUs }).OrderBy(point => point.FromUs)];
        foreach (var point in points)
            exact.Admit(point.FromUs, point.Cost);

        Assert.Equal(exact.UnitsOver, SpanBound.Worst(SpanLaw.Of(Some.Quota), points).UnitsOver);
    });

    [Fact]
    public void A_long_log_is_judged_in_no_time_that_matters()
    {
        // A hundred thousand, one each 200 ms: exactly the rate.
        var log = Enumerable.Range(0, 100_000).Select(i => new Span(i * Second / 5, (i * Second / 5) + 100, 1)).ToList();

        Assert.True(SpanBound.Worst(Law, log).Holds);
        Assert.Equal(91, SpanBound.Worst(Law, [.. log, new Span(50_000 * Second / 5, 50_000 * Second / 5, 100)]).TokensOver);
    }
}
