using CsCheck;

namespace Weir.Redis.Tests;

/// <summary>Buckets of requests that lack a dimension (<c>missing: together</c>), in every store.</summary>
public abstract partial class StoreLaws
{
    /// <summary>Few values, those that a store might use for "none" among them.</summary>
    private static readonly string?[] Values = [null, "", "#", "%23", "~", "null", "a"];

    private static readonly Gen<string?> SomeValue = Gen.Int[0, Values.Length - 1].Select(i => Values[i]);

    [Fact]
    public Task L8_a_missing_value_is_a_value_of_its_own_in_every_store() => Gen.Select(SomeValue, SomeValue, Gen.Long[1, 3]).Array[1, 20].SampleAsync(
        async takes =>
        {
            var spent = new Dictionary<(string?, string?), long>();
            string key = FreshKey();
            var limit = new Limit("pair", [new Dimension(Limit.KeyDimension), new("a"), new("b")], Slow) { Missing = OnMissing.Together };
            var plan = new Plan("missing", [limit], OnOutage.Local);
            foreach (var (a, b, cost) in takes)
            {
                var attributes = new (string Name, string? Value)[] { ("a", a), ("b", b) }.Where(pair => pair.Value is not null).ToDictionary(pair => pair.Name, pair => pair.Value!);
                var answer = await Take(plan.Resolve(new RequestFacts("acme", key, cost, attributes)));
                long before = spent.GetValueOrDefault((a, b));
                bool fits = before + cost <= Slow.Capacity;
                Assert.Equal(fits ? BucketOutcome.Allowed : BucketOutcome.Refused, answer.Outcome);
                spent[(a, b)] = fits ? before + cost : before;
                Assert.Equal(Slow.Capacity - spent[(a, b)], Slow.TokensLeft(answer.State, answer.Time));
            }
        },
        iter: Iterations,
        threads: 1);

    [Fact]
    public async Task L2_a_bucket_of_requests_without_a_value_takes_part_in_all_or_nothing()
    {
        string key = FreshKey();
        var shared = new Limit(FreshKey(), [new Dimension("ip")], Slow) { Missing = OnMissing.Together };
        var plan = new Plan("missing", [Bucket("a", Wide), shared], OnOutage.Local);
        for (int i = 0; i < 10; i++)
            Assert.Equal(BucketOutcome.Allowed, (await Take(plan.Resolve(new RequestFacts("acme", $"{key}-{i}")))).Outcome);
        var set = plan.Resolve(new RequestFacts("acme", key));
        Assert.Equal(BucketOutcome.Refused, (await Take(set)).Outcome);
        Assert.Equal("1000 0", await Left(set));
    }
}
