using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>What memory keeps beside buckets: bounded by what is held, and not by what ever was (law L10).</summary>
public sealed class BoundedTablesTests
{
    [Fact]
    public void L10_a_limit_that_nobody_holds_places_of_is_not_remembered()
    {
        var places = new PlaceTable(1_000);
        lock (places.Gate)
        {
            for (uint i = 1; i <= 10_000; i++)
            {
                Assert.True(places.TryAddLocked(i, 7, untilUs: 1_000_000, nowUs: 0, "t"));
                Assert.True(places.RemoveLocked(i, 7));
            }
        }

        Assert.Equal((0, 0), (places.Holders, places.Limits));
    }

    [Fact]
    public void L10_answers_that_are_over_are_forgotten_as_others_come()
    {
        var time = Some.Clock();
        var store = Some.Memory(time, maxKeys: 1_000_000);
        var memos = new MemoTable(10_000_000);
        void Keep(int from, int count)
        {
            for (int i = from; i < from + count; i++)
                memos.Answer(new StoreAsk(Some.Request($"k{i}"), StoreVerb.Take) { Memo = new Memo((UInt128)i, 1) }, store);
        }

        Keep(0, 4_000);
        Assert.Equal(4_000, memos.Count);
        time.Advance(Memo.Memory);
        Keep(4_000, 1_000);
        Assert.Equal(1_000, memos.Count);
    }

    [Fact]
    public void Who_has_not_spent_from_a_shared_bucket_is_hardly_ever_taken_for_one_who_has()
    {
        var spenders = new Spenders(4);
        var random = new Random(1);
        UInt128 Key() => new((ulong)random.NextInt64(), (ulong)random.NextInt64());
        UInt128[] few = [.. Enumerable.Range(0, 8).Select(_ => Key())];
        foreach (var key in few)
            spenders.Add(1, key);
        Assert.All(few, key => Assert.True(spenders.MayHave(1, key)));
        Assert.InRange(Enumerable.Range(0, 10_000).Count(_ => spenders.MayHave(1, Key())), 0, 300);
        Assert.DoesNotContain(few, key => spenders.MayHave(0, key) || spenders.MayHave(2, key));
        spenders.Fill(2);
        Assert.True(spenders.MayHave(2, Key()));
        spenders.Clear(1);
        Assert.DoesNotContain(few, key => spenders.MayHave(1, key));
    }
}
