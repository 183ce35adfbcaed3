using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Partitions;

/// <summary>
/// Requests of three limits in up to three partitions, of which any number are under way at once, and whose commands and
/// give-backs are executed in any order.
/// </summary>
public sealed class PartitionedStoreLaws
{
    private const int Capacity = 12;

    /// <summary>Nothing refills in the time of a history.</summary>
    private static readonly TokenQuota Quota = TokenQuota.Create(1, TimeSpan.FromHours(1), Capacity);

    private static readonly Plan Plan = new(
        "split", [new Limit("per-key", [Limit.KeyDimension], Quota), new Limit("per-ip", ["ip"], Quota), new Limit("all", Array.Empty<string>(), TokenQuota.Create(1, TimeSpan.FromHours(1), 40))],
        OnOutage.Local);

    /// <summary>A request: key, address, cost, and the name of the record or 0.</summary>
    private static readonly Gen<(int Key, int Ip, int Cost, int Name)[]> Requests =
        Gen.Select(Gen.Int[0, 2], Gen.Int[0, 2], Gen.Int[1, 6], Gen.Int[-3, 4].Select(name => Math.Max(0, name))).Array[1, 30];

    private static readonly Gen<(int Begin, int[] Steps)> Order = Gen.Select(Gen.Int[1, 8], Gen.Int[0, 1_000].Array[20, 60]);

    [Fact]
    public void L1_L2_whatever_the_order_no_limit_is_exceeded_and_what_is_spent_in_the_end_is_what_was_admitted() =>
        Gen.Select(Requests, Order, Gen.Int[1, 8]).Sample((requests, order, partitions) =>
        {
            var history = new History(partitions);
            history.Run(requests, order.Begin, order.Steps);
            history.AssertSpentIsAdmitted();
        });

    [Fact]
    public void L1_L2_also_if_commands_get_no_answer_without_being_executed() =>
        Gen.Select(Requests, Order, Gen.Int[2, 8], Gen.Int[2, 5]).Sample((requests, order, partitions, every) =>
        {
            var history = new History(partitions);
            int asked = 0;
            history.Store.FaultOf = command => command.What == BucketOperation.Take && ++asked % every == 0 ? StoreFault.Unreachable : StoreFault.None;
            history.Run([.. requests.Select(request => request with { Name = 0 })], order.Begin, order.Steps);
            history.Store.FaultOf = _ => StoreFault.None;
            history.AssertSpentIsAdmitted();
        });

    [Fact]
    public void L2_L13_one_after_the_other_a_request_is_admitted_if_and_only_if_all_limits_have_room() =>
        Gen.Select(Requests, Gen.Int[1, 8]).Sample((requests, partitions) =>
        {
            var history = new History(partitions);
            history.Store.IsImmediate = true;
            var spent = new Dictionary<string, int>();
            foreach (var request in requests.Select(request => request with { Name = 0 }))
            {
                string[] buckets = [$"key{request.Key}", $"ip{request.Ip}", "all"];
                bool fits = buckets.All(bucket => spent.GetValueOrDefault(bucket) + request.Cost <= (bucket == "all" ? 40 : Capacity));
                Assert.Equal(fits, history.Decide(request).Allowed);
                foreach (string bucket in fits ? buckets : [])
                    spent[bucket] = spent.GetValueOrDefault(bucket) + request.Cost;
            }
        });

    [Fact]
    public void L8_in_any_number_of_partitions_decisions_are_those_of_one() =>
        Gen.Select(Requests, Gen.Int[2, 8]).Sample((requests, partitions) =>
        {
            var (one, many) = (new History(1), new History(partitions));
            one.Store.IsImmediate = many.Store.IsImmediate = true;
            foreach (var request in requests)
            {
                var (of, by) = (one.Decide(request), many.Decide(request));
                Assert.Equal((of.Outcome, of.Limit?.Name, of.Remaining, of.RetryAfter), (by.Outcome, by.Limit?.Name, by.Remaining, by.RetryAfter));
                Assert.Equal(of.Limits().Select(line => (line.Limit.Name, line.Outcome, line.Remaining)), by.Limits().Select(line => (line.Limit.Name, line.Outcome, line.Remaining)));
            }
        });

    /// <summary>Requests to a store of several partitions, and what came of them.</summary>
    private sealed class History
    {
        private readonly FakeTimeProvider _time = Some.Clock();
        private readonly RateLimiter _limiter;
        private readonly List<(Task<Decision?> Decision, (int Key, int Ip, int Cost, int Name) Request)> _all = [];

        public History(int partitions)
        {
            Store = new SteppedStore(_time, partitions);
            _limiter = new RateLimiter(new PolicySet([Plan], Plan, new Dictionary<string, Plan>()), new PartitionedStore(Store, Store, _time), _time);
        }

        public SteppedStore Store { get; }

        public Decision Decide((int Key, int Ip, int Cost, int Name) request) => Begin(request).GetAwaiter().GetResult()!.Value;

        /// <summary>Begins requests and executes commands by turns, and then executes all that are left.</summary>
        public void Run((int Key, int Ip, int Cost, int Name)[] requests, int begin, int[] steps)
        {
            int step = 0;
            foreach (var some in requests.Chunk(begin))
            {
                foreach (var request in some)
                    _all.Add((Begin(request), request));
                for (int i = 0; i < begin && Store.Waiting > 0; i++)
                    Store.Step(steps[step++ % steps.Length]);
                AssertBound();
            }

            for (int idle = 0; idle < 100;)
            {
                if (Store.Waiting > 0)
                    Store.Step(steps[step++ % steps.Length]);
                else if (_all.TrueForAll(one => one.Decision.IsCompleted))
                    idle++;
                else
                    _time.Advance(TimeSpan.FromMilliseconds(2));
                AssertBound();
            }
        }

        public void AssertSpentIsAdmitted()
        {
            Store.IsImmediate = true;
            for (int i = 0; i < 3; i++)
            {
                var left = _limiter.CheckAsync(Facts((i, i, 1, 0)) with { Cost = 0 }).GetAwaiter().GetResult().Limits();
                Assert.Equal([Capacity - Admitted(r => r.Key == i), Capacity - Admitted(r => r.Ip == i), 40 - Admitted(_ => true)], left.Select(line => line.Remaining));
            }
        }

        private static RequestFacts Facts((int Key, int Ip, int Cost, int Name) request) =>
            new("acme", $"key{request.Key}", request.Cost, new Dictionary<string, string> { ["ip"] = $"ip{request.Ip}" });

        /// <summary>Repeats of a record are the same request.</summary>
        private Task<Decision?> Begin((int Key, int Ip, int Cost, int Name) request) => request.Name == 0
            ? Plain(Facts(request)) : _limiter.TakeAsync(FactsOf(request), $"name{request.Name}").AsTask();

        private async Task<Decision?> Plain(RequestFacts facts) => await _limiter.TakeAsync(facts);

        private static RequestFacts FactsOf((int Key, int Ip, int Cost, int Name) request) => Facts((request.Name % 3, request.Name % 2, request.Name, request.Name));

        private void AssertBound()
        {
            for (int i = 0; i < 3; i++)
                Assert.True(Admitted(r => r.Key == i) <= Capacity && Admitted(r => r.Ip == i) <= Capacity && Admitted(_ => true) <= 40);
        }

        private long Admitted(Func<(int Key, int Ip, int Cost, int Name), bool> of)
        {
            var allowed = _all.Where(one => one.Decision is { IsCompletedSuccessfully: true, Result.Allowed: true }).Select(one => one.Request);
            return allowed.Where(request => request.Name == 0 && of(request)).Sum(request => (long)request.Cost)
                + allowed.Where(request => request.Name > 0).Select(request => request.Name).Distinct()
                    .Where(name => of((name % 3, name % 2, name, name))).Sum(name => (long)name);
        }
    }
}
