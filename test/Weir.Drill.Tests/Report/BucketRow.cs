using Weir.Drill.Tests.Laws;

namespace Weir.Drill.Tests.Report;

/// <summary>A bucket in the report, or many that are alike. Tokens over are of the worst interval of any; 0 is what is wanted.</summary>
internal sealed record BucketRow(string Bucket, int Requests, long Admitted, long OverByRedis, long OverUntilHealed, long OverThroughout, long OverInReadings)
{
    public static IEnumerable<BucketRow> Of(IEnumerable<BucketVerdict> verdicts) =>
        from verdict in verdicts
        group verdict by verdict.Bucket.Name.TrimEnd("0123456789".ToCharArray()) into alike
        select new BucketRow(
            alike.Count() == 1 ? alike.Single().Bucket.Name : $"{alike.Key}0 to {alike.Count() - 1}",
            alike.Sum(verdict => verdict.Bucket.Asked.Count),
            alike.Sum(verdict => verdict.Admitted),
            alike.Max(verdict => verdict.ByRedis.TokensOver),
            alike.Max(verdict => verdict.UntilHealed.TokensOver),
            alike.Max(verdict => verdict.Throughout.TokensOver),
            alike.Max(verdict => verdict.Readings.TokensOver));
}
