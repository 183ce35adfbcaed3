using Weir.Testing;

namespace Weir.Drill.Tests.Checker;

/// <summary>The checker as its law is written: every interval, one by one.</summary>
internal static class EveryInterval
{
    public static long Worst(SpanLaw law, Span[] admitted) => WorstOf(
        from first in admitted
        from last in admitted
        where first.FromUs <= last.ToUs
        select UnitsOver(law, admitted, first.FromUs, last.ToUs, last.ToUs, 0));

    public static long WorstReading(SpanLaw law, Span[] admitted, Span[] readings) => WorstOf(
        from first in admitted
        from reading in readings
        where first.FromUs <= reading.FromUs
        select UnitsOver(law, admitted, first.FromUs, reading.FromUs, reading.ToUs, reading.Cost));

    private static long UnitsOver(SpanLaw law, Span[] admitted, long from, long answeredBy, long to, long more) =>
        (admitted.Where(span => span.FromUs >= from && span.ToUs <= answeredBy).Sum(span => span.Cost) + more) * law.UnitsPerToken - law.UnitsIn(from, to);

    private static long WorstOf(IEnumerable<long> over) => Math.Max(0, over.DefaultIfEmpty().Max());
}
