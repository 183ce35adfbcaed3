using System.Text;
using Microsoft.Extensions.Time.Testing;
using Weir.Simulation;
using Weir.Testing;

namespace Weir.Redis.Tests.Vectors;

/// <summary>The arithmetic in C#: the memory store, the settlement after an outage, and the model of leases.</summary>
public sealed class VectorsInMemoryTests
{
    public static TheoryData<string> Decided { get; } = Vector.Where(vector =>
        vector is { HorizonUs: 0, ClockUs: 0, Code: "answered" or "gone", Record: null or { Before: null } }
        && vector.Operation <= BucketOperation.Reset
        && !Array.Exists(vector.Limits, limit => limit.Before is { Raw: not null } or { List: true }));

    public static TheoryData<string> Settled { get; } = Vector.Where(vector =>
        vector.Operation >= BucketOperation.Settle && vector.Record?.Before is null
        && !Array.Exists(vector.Limits, limit => limit.OnlyEndUs != 0));

    public static TheoryData<string> Leased { get; } = Vector.Where(vector =>
        vector is { HorizonUs: > 0, Limits: [var limit] } && limit.ToQuota() is TokenQuota { Rate.TickUs: 1 });

    [Theory]
    [MemberData(nameof(Decided))]
    public async Task L8_the_memory_store_answers_and_holds_what_the_vector_says(string name)
    {
        var vector = Vector.Of(name);
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch);
        var store = Some.Memory(time);
        time.Advance(TimeSpan.FromMicroseconds(vector.NowUs));
        var command = vector.ToCommand();
        for (int i = 0; i < vector.Limits.Length; i++)
            Put(store, command.Limits, vector.Limits[i], i);

        var answer = await store.AskAsync(command, TestContext.Current.CancellationToken);

        Assert.Equal(vector.Code == "gone" ? StoreFault.Gone : StoreFault.None, answer.Fault);
        if (vector.Code == "gone")
            return;
        AssertHeld(vector, store.Time, index => answer[index], outcomes: true);
        var look = command.Limits with { Facts = command.Limits.Facts with { Cost = 0 } };
        var after = await store.CheckAsync(look, TestContext.Current.CancellationToken);
        AssertHeld(vector, store.Time, index => after[index], outcomes: false);
        if (vector.Record is { } record)
        {
            byte[]? kept = record.After is { } expected ? Encoding.UTF8.GetBytes(expected.Text) : null;
            Assert.Equal(kept, store.Recall("t", 1)?.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Settled))]
    public void L8_a_settlement_charges_what_the_vector_says(string name)
    {
        var vector = Vector.Of(name);
        var time = new StoreTime(vector.NowUs, vector.NowUs);
        var command = vector.ToCommand();
        var known = vector.Limits
            .Select((limit, index) => ChargeOf(limit, command.Limits.Only(index), vector.Cost)).ToArray();
        if (vector.Operation == BucketOperation.Restore)
        {
            long missing = Math.Max(0, vector.Cost - Held(known[1].Quota, known[1].Known, time).Spent);
            known = [.. known.Select(charge => charge with { Units = missing })];
        }

        var lines = known.Select(charge => new BucketLine(BucketOutcome.Allowed, charge.KnownAfter(time))).ToArray();
        AssertHeld(vector, time, index => lines[index], outcomes: true);
    }

    [Theory]
    [MemberData(nameof(Leased))]
    public void L8_the_model_of_leases_grants_what_the_vector_says(string name)
    {
        var vector = Vector.Of(name);
        var limit = vector.Limits[0];
        var quota = (TokenQuota)limit.ToQuota();
        var model = new ScriptModel(quota, vector.HorizonUs) { State = StateOf(limit.Before) };
        var wish = new LeaseWish(limit.Lease!.Tokens, limit.Lease.Back, limit.Lease.BackStampUs);
        if (vector.Operation == BucketOperation.Take)
        {
            var reply = model.Take(vector.Cost, wish, vector.NowUs);
            Assert.Equal((limit.Expect!.ToOutcome(), limit.Expect.Leased), (reply.Line.Outcome, reply.Leased));
        }
        else
            model.Return(wish, vector.NowUs);

        var time = new StoreTime(vector.NowUs, vector.NowUs);
        AssertHeld(vector, time, _ => new BucketLine(default, model.State), outcomes: false);
    }

    private static SettlementCharge ChargeOf(VectorLimit limit, LimitSet limits, long units) =>
        new(limits, units, 0) { Known = StateOf(limit.Before) };

    private static void Put(MemoryStore store, LimitSet limits, VectorLimit limit, int index)
    {
        if (limit.Before is not { } before)
            return;
        var was = new Limit($"l{index}", [Limit.KeyDimension], (before.Quota ?? limit).ToQuota());
        var hash = BucketHash.Of(limits.Facts, was, store.Seed);
        if (before.Holders is null)
            Assert.True(store.Know(limits, was, hash, StateOf(before)));
        ulong part = PermitTable.PartOf(hash);
        store.Permits.Enter(part);
        foreach (var (id, untilUs) in before.Permits)
            Assert.True(store.Permits.TryAddLocked(hash, id, untilUs, store.Time.NowUs, "t"));
        store.Permits.Exit(part);
    }

    private static BucketState StateOf(VectorState? state) =>
        state is null ? default : new BucketState(state.Spent, state.At);

    /// <summary>How a bucket stands now. A store may keep one that is as new.</summary>
    private static BucketState Held(Quota quota, BucketState state, in StoreTime time) => quota switch
    {
        TokenQuota bucket => new BucketState(TokenBucket.SpentAt(bucket.Rate, state, time.NowUs), 0),
        WindowQuota window => window.Now(state, time),
        _ => state with { At = 0 },
    };

    private static void AssertHeld(Vector vector, in StoreTime time, Func<int, BucketLine> lineOf, bool outcomes)
    {
        for (int i = 0; i < vector.Limits.Length; i++)
        {
            var quota = vector.Limits[i].ToQuota();
            var (expected, line) = (vector.Limits[i].Expect!, lineOf(i));
            if (outcomes)
                Assert.Equal(expected.ToOutcome(), line.Outcome);
            var state = new BucketState(expected.Spent, expected.At);
            Assert.Equal(Held(quota, state, time), Held(quota, line.State, time));
            if (outcomes && quota is ConcurrencyQuota)
                Assert.Equal(expected.At, line.State.At);
        }
    }
}
