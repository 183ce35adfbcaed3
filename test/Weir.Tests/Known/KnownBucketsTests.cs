using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Known;

public sealed class KnownBucketsTests
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(1), 10);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly KnownBuckets _known;
    private readonly FallbackStore _fallback;

    public KnownBucketsTests()
    {
        _known = new KnownBuckets(1_024, _time);
        _fallback = new FallbackStore(Some.Memory(_time), _known, () => 1);
    }

    private static LimitSet RequestOf(params string[] keyedBy)
    {
        var attributes = Enumerable.Range(0, 16).ToDictionary(number => $"a{number}", number => new string((char)('a' + number), 256));
        var limit = new Limit("l", [.. keyedBy.Select(name => new Dimension(name))], Slow);
        return new Plan("p", [limit], OnOutage.Local).Resolve(new RequestFacts("t", "k", 1, attributes));
    }

    private static string[] NamesOf(in LimitSet limits) => [.. limits.Facts.Attributes?.Keys.Order() ?? Enumerable.Empty<string>()];

    [Theory]
    [InlineData]
    [InlineData("a3")]
    [InlineData("a15", "a3")]
    [InlineData("key", "a0")]
    public void L10_a_bucket_that_memory_spent_of_keeps_only_the_attributes_that_its_limit_is_keyed_by(params string[] keyedBy)
    {
        var limits = RequestOf(keyedBy);
        _fallback.Execute(new BucketCommand(limits, BucketOperation.Take));
        var owed = new List<SettlementCharge>();
        Assert.True(_fallback.TryCollectOwed(limits, owed));

        Assert.Equal(keyedBy.Where(name => name != "key"), NamesOf(Assert.Single(owed).Limits));
    }

    [Theory]
    [InlineData]
    [InlineData("a3")]
    [InlineData("a15", "a3")]
    public void L10_a_bucket_that_was_heard_of_keeps_only_the_attributes_that_its_limit_is_keyed_by(params string[] keyedBy)
    {
        var limits = RequestOf(keyedBy);
        var command = new BucketCommand(limits, BucketOperation.Take);
        _known.Learn(command, Some.Memory(_time).Execute(command));

        Assert.Equal(keyedBy, NamesOf(Assert.Single(_fallback.CollectKnown()).Limits));
    }
}
