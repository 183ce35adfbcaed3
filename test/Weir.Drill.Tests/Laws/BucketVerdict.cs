using Weir.Testing;

namespace Weir.Drill.Tests.Laws;

/// <summary>What became of the laws at a bucket.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Admitted">Tokens admitted in all.</param>
/// <param name="ByRedis">L1: what Redis and leases of it admitted, from a start of Redis to its end.</param>
/// <param name="UntilHealed">L1 and L7: what all admitted together, up to when an outage was healed.</param>
/// <param name="Throughout">L7: the same, over the ends of outages too.</param>
/// <param name="Readings">L7: what was left after an outage.</param>
internal sealed record BucketVerdict(Bucket Bucket, long Admitted, SpanVerdict ByRedis, SpanVerdict UntilHealed, SpanVerdict Throughout, SpanVerdict Readings);
