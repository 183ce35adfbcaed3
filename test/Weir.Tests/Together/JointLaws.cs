using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;
using Weir.Tests.Partitions;

namespace Weir.Tests.Together;

/// <summary>
/// Joint requests of up to three parts, of which any number are under way at once, and whose commands and undos are
/// executed in any order, in one partition and in several.
/// </summary>
public sealed class JointLaws
{
    private const int Capacity = 12, CapacityOfAll = 40;

    private static readonly Plan Plan = new(
        "joint",
        [
            new Limit("per-key", [Limit.KeyDimension], QuotaOf(Capacity)), new Limit("per-ip", ["ip"], QuotaOf(Capacity)),
            new Limit("all", Array.Empty<string>(), QuotaOf(CapacityOfAll)),
        ],
        OnOutage.Local);

    private static readonly Gen<Part[]> Request =
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[0, 6]).Select((key, ip, cost) => new Part(key, ip, cost)).Array[1, 3];

    private static readonly Gen<(int Begin, int[] Steps)> Order = Gen.Select(Gen.Int[1, 8], Gen.Int[0, 1_000].Array[20, 60]);

    /// <summary>A part of a request; a cost of 0 is a check.</summary>
    private sealed record Part(int Key, int Ip, int Cost)
    {
        public string[] Buckets => [$"key{Key}", $"ip{Ip}", "all"];

        public JointPart Joint => new(
            new RequestFacts("acme", $"key{Key}", Math.Max(1, Cost), new Dictionary<string, string> { ["ip"] = $"ip{Ip}" }), Cost > 0);
    }

    [Fact]
    public void L1_L2_whatever_the_order_no_limit_is_exceeded_and_what_is_spent_in_the_end_is_what_was_admitted() =>
        Gen.Select(Request.Array[1, 20], Order, Gen.Int[1, 8]).Sample((requests, order, partitions) =>
        {
            var history = new History(partitions);
            history.Run(requests, order.Begin, order.Steps);
            history.AssertSpentIsAdmitted();
        });

    [Fact]
    public void L1_L2_also_if_commands_get_no_answer_without_being_executed() =>
        Gen.Select(Request.Array[1, 20], Order, Gen.Int[1, 8], Gen.Int[2, 5]).Sample((requests, order, partitions, every) =>
        {
            var history = new History(partitions);
            int asked = 0;
            history.Store.FaultOf = command =>
                command.What == BucketOperation.Take && ++asked % every == 0 ? StoreFault.Unreachable : StoreFault.None;
            history.Run(requests, order.Begin, order.Steps);
            history.Store.FaultOf = _ => StoreFault.None;
            history.AssertSpentIsAdmitted();
        });

    [Fact]
    public void L2_L13_one_after_the_other_a_request_is_admitted_if_and_only_if_all_buckets_have_room() =>
        Gen.Select(Request.Array[1, 20], Gen.Int[1, 8]).Sample((requests, partitions) =>
        {
            var history = new History(partitions);
            history.Store.IsImmediate = true;
            var spent = new Dictionary<string, int>();
            foreach (var request in requests)
            {
                var costs = CostsOf(request);
                bool fits = costs.All(cost => spent.GetValueOrDefault(cost.Key) + Math.Max(1, cost.Value) <= CapacityOf(cost.Key));
                var decisions = history.Begin(request).GetAwaiter().GetResult();
                Assert.Equal(fits, decisions.All(decision => decision.Allowed));
                foreach (var (bucket, cost) in fits ? costs : [])
                    spent[bucket] = spent.GetValueOrDefault(bucket) + cost;
                // The answer tells the state of the buckets afterwards.
                foreach (var (part, decision) in request.Zip(decisions))
                    Assert.Equal(part.Buckets.Select(bucket => (long)CapacityOf(bucket) - spent.GetValueOrDefault(bucket)), decision.Limits().Select(line => line.Remaining));
            }
        });

    private static TokenQuota QuotaOf(int capacity) => TokenQuota.Create(1, TimeSpan.FromHours(1), capacity);

    private static int CapacityOf(string bucket) => bucket == "all" ? CapacityOfAll : Capacity;

    /// <summary>Each bucket counts the highest cost of the parts that have it.</summary>
    private static Dictionary<string, int> CostsOf(Part[] request) =>
        request.SelectMany(part => part.Buckets.Select(bucket => (bucket, part.Cost))).GroupBy(one => one.bucket)
            .ToDictionary(one => one.Key, one => one.Max(cost => cost.Cost));

    /// <summary>Requests to a store of several partitions, and what came of them.</summary>
    private sealed class History
    {
        private readonly RateLimiter _limiter;
        private readonly List<(Task<Decision[]> Decisions, Part[] Request)> _all = [];

        public History(int partitions)
        {
            FakeTimeProvider time = Some.Clock();
            Store = new SteppedStore(time, partitions);
            var policies = new PolicySet([Plan], Plan, new Dictionary<string, Plan>());
            _limiter = new RateLimiter(policies, new PartitionedStore(Store, Store, time), time);
        }

        public SteppedStore Store { get; }

        public Task<Decision[]> Begin(Part[] request)
        {
            var begun = _limiter.DecideTogetherAsync([.. request.Select(part => part.Joint)]).AsTask();
            _all.Add((begun, request));
            return begun;
        }

        /// <summary>Begins requests and executes commands by turns, and then executes all that are left.</summary>
        public void Run(Part[][] requests, int begin, int[] steps)
        {
            int step = 0;
            foreach (var some in requests.Chunk(begin))
            {
                foreach (var request in some)
                    Begin(request);
                for (int i = 0; i < begin && Store.Waiting > 0; i++)
                    Store.Step(steps[step++ % steps.Length]);
                AssertBound();
            }

            while (Store.Waiting > 0)
            {
                Store.Step(steps[step++ % steps.Length]);
                AssertBound();
            }

            Assert.True(_all.TrueForAll(one => one.Decisions.IsCompletedSuccessfully));
        }

        public void AssertSpentIsAdmitted()
        {
            Store.IsImmediate = true;
            for (int i = 0; i < 3; i++)
            {
                var part = new Part(i, i, 0);
                var left = _limiter.CheckAsync(part.Joint.Facts with { Cost = 0 }).GetAwaiter().GetResult().Limits();
                Assert.Equal(part.Buckets.Select(bucket => CapacityOf(bucket) - AdmittedBy(bucket)), left.Select(line => line.Remaining));
            }
        }

        private void AssertBound() => Assert.All(
            (string[])["key0", "key1", "key2", "ip0", "ip1", "ip2", "all"],
            bucket => Assert.True(AdmittedBy(bucket) <= CapacityOf(bucket), bucket));

        private long AdmittedBy(string bucket) => _all
            .Where(one => one.Decisions.IsCompletedSuccessfully && one.Decisions.Result.All(decision => decision.Allowed))
            .Sum(one => (long)CostsOf(one.Request).GetValueOrDefault(bucket));
    }
}
