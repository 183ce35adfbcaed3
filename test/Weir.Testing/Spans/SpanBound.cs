namespace Weir.Testing;

/// <summary>
/// <see cref="IntervalBound"/> for whoever looks from outside and knows of an admission only that it was decided between two moments. An interval
/// holds those that were certainly decided in it; so what is found over is over, wherever the decisions really lay.
/// </summary>
/// <remarks>
/// Only intervals count that begin where something was sent and end where something was answered. One pass goes through the ends. For each beginning
/// a, a tree keeps what was admitted in <c>[a, now]</c> and what depends on a of what is allowed; its greatest value is the worst interval that ends now. n log n.
/// </remarks>
public sealed class SpanBound
{
    private readonly SpanLaw _law;
    private readonly long[] _starts;
    private readonly PrefixMax _tree;

    private SpanBound(SpanLaw law, IEnumerable<Span> admitted)
    {
        _law = law;
        _starts = [.. admitted.Select(span => span.FromUs).Distinct().Order()];
        _tree = new PrefixMax([.. _starts.Select(law.DebitAt)]);
    }

    /// <summary>The worst interval of what was admitted.</summary>
    public static SpanVerdict Worst(SpanLaw law, IReadOnlyCollection<Span> admitted)
    {
        var bound = new SpanBound(law, admitted);
        var worst = default(SpanVerdict);
        foreach (var span in admitted.OrderBy(span => span.ToUs))
        {
            bound.Add(span);
            worst = worst.OrWorse(bound.EndingAt(span.ToUs, span.ToUs, 0));
        }

        return worst;
    }

    /// <summary>
    /// The worst interval that ends with a reading of how much was left: whoever reads that could have taken it, and would have had it beside all that was
    /// answered before.
    /// </summary>
    public static SpanVerdict WorstReading(SpanLaw law, IReadOnlyCollection<Span> admitted, IEnumerable<Span> readings)
    {
        var bound = new SpanBound(law, admitted);
        var byEnd = new Queue<Span>(admitted.OrderBy(span => span.ToUs));
        var worst = default(SpanVerdict);
        foreach (var reading in readings.Where(reading => reading.Cost > 0).OrderBy(reading => reading.FromUs))
        {
            while (byEnd.TryPeek(out var next) && next.ToUs <= reading.FromUs)
                bound.Add(byEnd.Dequeue());
            worst = worst.OrWorse(bound.EndingAt(reading.FromUs, reading.ToUs, reading.Cost));
        }

        return worst;
    }

    /// <summary>An admission lies in every interval that begins when it was sent or before.</summary>
    private void Add(Span span) => _tree.Add(IndexOf(span.FromUs), checked(span.Cost * _law.UnitsPerToken));

    /// <summary>The worst of the intervals that have begun by one moment and end at another, with something more taken.</summary>
    private SpanVerdict EndingAt(long begunByUs, long endUs, long tokens)
    {
        int last = IndexOf(begunByUs);
        if (last < 0)
            return default;
        var (value, start) = _tree.Max(last);
        long over = checked(value + (tokens * _law.UnitsPerToken) - _law.CreditAt(endUs) - _law.CapacityUnits);
        return over <= 0 ? default : new SpanVerdict(over, _law.UnitsPerToken, _starts[start], endUs);
    }

    /// <summary>The last beginning that is not after a moment; -1 for none.</summary>
    private int IndexOf(long us)
    {
        int index = Array.BinarySearch(_starts, us);
        return index >= 0 ? index : ~index - 1;
    }
}
