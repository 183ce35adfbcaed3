using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>Which of a key's sixteen places a tenant may take, whatever was taken and has drained before.</summary>
public sealed unsafe class NeighbourhoodTests
{
    private const int Tenants = 4;

    /// <summary>A bucket drains in two seconds.</summary>
    private static readonly int Rate = Some.Quota.Rate.Id;

    /// <summary>Someone takes with one of few keys, so that keys come back; or time goes by.</summary>
    private sealed record Step(uint Tenant, int Key, int Tokens, int WaitMs);

    private static readonly Gen<Step[]> Steps =
        Gen.Select(Gen.Frequency((8, Gen.Const(0)), (1, Gen.Const(1)), (1, Gen.Const(2)), (1, Gen.Const(3))), Gen.Int[0, 39], Gen.Int[1, 10], Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 3_000])))
            .Select((tenant, key, tokens, wait) => new Step((uint)tenant, key, tokens, wait)).Array[1, 300];

    [Fact]
    public void L9_No_tenant_ever_has_more_than_six_slots_of_a_set() => Steps.Sample(
        steps =>
        {
            var table = new SmallTable(sets: 3);
            foreach (var step in steps)
            {
                table.Take(step);
                for (int set = 0; set < 3; set++)
                {
                    for (uint tenant = 1; tenant <= Tenants; tenant++)
                        Assert.InRange(table.SlotsOf(tenant, set), 0, 6);
                }
            }
        });

    [Fact]
    public void L9_Beside_one_that_floods_a_key_finds_a_place_while_others_hold_one_of_its_sixteen_or_three_but_none_its_own() => Steps.Sample(
        steps =>
        {
            // Two sets: everybody's sixteen are the same.
            var table = new SmallTable(sets: 2);
            foreach (var step in steps)
            {
                if (table.Take(step))
                    continue;
                for (uint flood = 1; flood <= Tenants; flood++)
                    Assert.True(flood == step.Tenant + 1 || table.LiveButOf(flood) + table.LiveOf(step.Tenant + 1) > 3);
            }
        });

    [Fact]
    public void L11_No_live_bucket_is_lost_to_anybody() => Steps.Sample(
        steps =>
        {
            var table = new SmallTable(sets: 3);
            var until = new Dictionary<(uint, int), long>();
            foreach (var step in steps)
            {
                bool taken = table.Take(step);
                foreach (var ((tenant, key), end) in until)
                    Assert.True(end <= table.NowUs || table.Has(tenant, key));
                if (taken)
                    until[(step.Tenant, step.Key)] = table.LiveUntilUs(step.Tenant, step.Key);
            }
        });

    [Fact]
    public void L10_The_last_four_of_sixteen_are_for_a_tenant_that_holds_fewer_than_are_free()
    {
        var table = new SmallTable(sets: 2);
        int Flood(uint tenant) => Enumerable.Range(0, 100).Count(key => table.Take(new Step(tenant, key, 10, 0)));
        Assert.Equal(12, Flood(0));
        Assert.Equal(2, Flood(1));
        Assert.Equal(1, Flood(2));
        Assert.Equal(1, Flood(3));
        Assert.Equal(0, Flood(4));
    }

    [Fact]
    public void What_has_drained_is_free_for_everybody()
    {
        var table = new SmallTable(sets: 2);
        for (int key = 0; key < 100; key++)
            table.Take(new Step(0, key, 10, 0));
        table.Take(new Step(1, 0, 10, 2_000));
        Assert.Equal(11, Enumerable.Range(1, 100).Count(key => table.Take(new Step(1, key, 10, 0))));
    }

    /// <summary>A shard and the memory under it, looked at slot by slot.</summary>
    private sealed class SmallTable
    {
        private readonly FakeTimeProvider _time = Some.Clock();
        private readonly SlotRegion _region;
        private readonly SlotShard _shard;
        private readonly MonotonicClock _clock;

        public SmallTable(int sets)
        {
            _region = new SlotRegion(1, sets);
            _region.Open();
            _shard = new SlotShard(_region.Parts[0], new SlotRegion(1, sets).Parts[0], 0);
            _clock = new MonotonicClock(_time);
        }

        public long NowUs => _clock.NowUs;

        /// <summary>Takes whatever the bucket has left, at most what the step says. False when there is no place for it.</summary>
        public bool Take(Step step)
        {
            _time.Advance(TimeSpan.FromMilliseconds(step.WaitMs));
            var hash = HashOf(step.Tenant, step.Key);
            var slot = _shard.FindLocked(hash, isListed: true);
            var state = slot is null ? default : slot->State;
            TokenBucket.Take(Some.Quota, ref state, NowUs, step.Tokens);
            if (slot is not null)
                slot->Put(state, Rate);
            return slot is not null || _shard.AddLocked(hash, state, Rate, _clock) is not null;
        }

        public bool Has(uint tenant, int key) => _shard.FindLocked(HashOf(tenant, key), isListed: true) is not null;

        public long LiveUntilUs(uint tenant, int key)
        {
            var state = _shard.FindLocked(HashOf(tenant, key), isListed: true)->State;
            return state.At + TokenBucket.MicrosecondsUntil(Some.Quota.Rate, state, state.At, 0);
        }

        private Slot* Slots => _region.Parts[0].Start;

        public int SlotsOf(uint tenant, int set)
        {
            int count = 0;
            for (int i = 0; i < SlotPart.SetSize; i++)
                count += Slots[(set * SlotPart.SetSize) + i].Tenant == tenant ? 1 : 0;
            return count;
        }

        public int LiveOf(uint tenant) => Live(name => name == tenant);

        public int LiveButOf(uint tenant) => Live(name => name != tenant);

        private int Live(Func<uint, bool> counts)
        {
            int count = 0;
            for (int i = 0; i < _region.Capacity; i++)
                count += !Slots[i].IsEmpty && !Slots[i].IsAsNew(_clock.Now) && counts(Slots[i].Tenant) ? 1 : 0;
            return count;
        }

        /// <summary>Spread by multiplication; the tenant's name, which is not 0 as an empty slot's is, in its 32 bits.</summary>
        private static UInt128 HashOf(uint tenant, int key)
        {
            ulong word = ((((ulong)tenant << 32) | (uint)key) + 1) * 0x9E3779B97F4A7C15;
            return new UInt128(((word * 0xBF58476D1CE4E5B9) & ~(ulong)uint.MaxValue) | (tenant + 1), word | 1);
        }
    }
}
