using CsCheck;
using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>Which of a key's 32 candidate slots a tenant may take, whatever was taken and has drained before.</summary>
public sealed unsafe class CandidateSlotsTests
{
    private const int Tenants = 4;

    /// <summary>A bucket drains in two seconds.</summary>
    private static readonly int Rate = Some.Quota.Rate.Id;

    /// <summary>Someone takes with one of few keys, so that keys come back; or time goes by.</summary>
    private sealed record Step(uint Tenant, int Key, int Tokens, int WaitMs);

    private static readonly Gen<Step[]> Steps =
        Gen.Select(Gen.Frequency((8, Gen.Const(0)), (1, Gen.Const(1)), (1, Gen.Const(2)), (1, Gen.Const(3))), Gen.Int[0, 79], Gen.Int[1, 10], Gen.Frequency((9, Gen.Const(0)), (1, Gen.Int[1, 3_000])))
            .Select((tenant, key, tokens, wait) => new Step((uint)tenant, key, tokens, wait)).Array[1, 400];

    [Fact]
    public void L9_No_tenant_ever_has_more_than_twelve_slots_of_a_set() => Steps.Sample(
        steps =>
        {
            var table = new SmallTable(sets: 3);
            foreach (var step in steps)
            {
                table.Take(step);
                for (int set = 0; set < 3; set++)
                {
                    for (uint tenant = 1; tenant <= Tenants; tenant++)
                        Assert.InRange(table.SlotsOf(tenant, set), 0, 12);
                }
            }
        });

    [Fact]
    public void L9_Beside_one_that_floods_a_key_finds_a_slot_while_others_hold_three_of_its_32_or_seven_but_none_its_own() => Steps.Sample(
        steps =>
        {
            // Two sets: all keys have the same 32.
            var table = new SmallTable(sets: 2);
            foreach (var step in steps)
            {
                if (table.Take(step))
                    continue;
                for (uint flood = 1; flood <= Tenants; flood++)
                    Assert.True(flood == step.Tenant + 1 || table.LiveButOf(flood) + table.LiveOf(step.Tenant + 1) > 7);
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
    public void L10_The_last_eight_of_32_are_for_a_tenant_that_holds_fewer_than_are_free()
    {
        var table = new SmallTable(sets: 2);
        int Flood(uint tenant) => Enumerable.Range(0, 100).Count(key => table.Take(new Step(tenant, key, 10, 0)));
        Assert.Equal([24, 4, 2, 1, 1, 0], Enumerable.Range(0, 6).Select(tenant => Flood((uint)tenant)));
    }

    [Fact]
    public void What_has_drained_is_free_for_everybody()
    {
        var table = new SmallTable(sets: 2);
        for (int key = 0; key < 100; key++)
            table.Take(new Step(0, key, 10, 0));
        table.Take(new Step(1, 0, 10, 2_000));
        Assert.Equal(23, Enumerable.Range(1, 100).Count(key => table.Take(new Step(1, key, 10, 0))));
    }

    /// <summary>A part of the table, looked at slot by slot.</summary>
    private sealed class SmallTable
    {
        private readonly FakeTimeProvider _time = Some.Clock();
        private readonly SlotPart _part;
        private readonly MonotonicClock _clock;

        public SmallTable(int sets)
        {
            _part = new SlotPart(sets);
            _part.Open();
            _clock = new MonotonicClock(_time);
        }

        public long NowUs => _clock.NowUs;

        /// <summary>Takes whatever the bucket has left, at most what the step says. False when there is no slot for it.</summary>
        public bool Take(Step step)
        {
            _time.Advance(TimeSpan.FromMilliseconds(step.WaitMs));
            ulong head = HeadOf(step.Tenant, step.Key);
            var slot = _part.Find(head);
            var state = slot.IsNone ? default : slot.Slot->State;
            TokenBucket.Take(Some.Quota, ref state, NowUs, step.Tokens);
            if (!slot.IsNone)
                slot.Slot->Put(state, Rate);
            return !slot.IsNone || !_part.Add(head, state, Rate, _clock).IsNone;
        }

        public bool Has(uint tenant, int key) => !_part.Find(HeadOf(tenant, key)).IsNone;

        public long LiveUntilUs(uint tenant, int key)
        {
            var state = _part.Find(HeadOf(tenant, key)).Slot->State;
            return state.At + TokenBucket.MicrosecondsUntil(Some.Quota.Rate, state, state.At, 0);
        }

        public int SlotsOf(uint tenant, int set) => Heads(set).Count(slot => SlotSet.TenantOf(slot.Head) == tenant);

        public int LiveOf(uint tenant) => Live(name => name == tenant);

        public int LiveButOf(uint tenant) => Live(name => name != tenant);

        private int Live(Func<uint, bool> counts) => Enumerable.Range(0, _part.Sets).Sum(set =>
            Heads(set).Count(slot => slot.Head != 0 && !slot.Slot->IsAsNew(_clock.Now) && counts(SlotSet.TenantOf(slot.Head))));

        private IEnumerable<SlotRef> Heads(int set) => Enumerable.Range(0, SlotSet.Count).Select(i => new SlotRef(_part[set], i));

        /// <summary>Spread by multiplication; the name of a tenant is not 0, as that of an empty slot is.</summary>
        private static ulong HeadOf(uint tenant, int key) =>
            SlotSet.HeadOf(((((ulong)tenant << 32) | (uint)key) + 1) * 0x9E37_79B9_7F4A_7C15 * 0xBF58_476D_1CE4_E5B9, tenant + 1);
    }
}
