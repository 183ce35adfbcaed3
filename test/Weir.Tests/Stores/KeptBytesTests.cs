using System.Runtime.CompilerServices;
using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>
/// Reservations and idempotency records in memory take no more bytes than their bound says. Looks at the memory of the
/// whole process, and so runs while no other test does.
/// </summary>
[Collection("alone")]
public sealed class KeptBytesTests
{
    private const int MaxKeys = 100_000;
    private const long Bound = (long)MaxKeys * MemoryStoreOptions.AnswerBytesPerKey;

    private static readonly TokenQuota Wide = TokenQuota.Create(1, TimeSpan.FromMinutes(1), 1_000_000);

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    [InlineData(4_000)]
    public void L10_answers_take_no_more_than_is_counted_for_them_and_that_is_bounded(int text)
    {
        long taken = 0, counted = 0;
        // What other tests leave behind may go at any time, and would be taken for ours. It goes only once.
        for (int again = 0; again == 0 || (again < 4 && (taken < counted / 3 || taken > counted)); again++)
            (counted, taken) = Measure(text);

        // Four tenants that flood leave as much as each of them has.
        Assert.InRange(counted, Bound * 3 / 4, Bound * 5 / 6);
        Assert.InRange(taken, counted / 3, counted);
    }

    /// <summary>A method of its own: what it leaves behind is garbage when it is called again, also in a debug build.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (long Counted, long Taken) Measure(int text)
    {
        long before = Settled();
        var memos = new RecordTable(Bound);
        var store = Some.Memory(Some.Clock());
        for (int i = 0; i < MaxKeys; i++)
        {
            var request = Some.Request("k", tenant: new string((char)('a' + (i % 4)), 64), quota: Wide);
            memos.Answer(new BucketCommand(request, BucketOperation.Take) { RecordKey = new RecordKey((UInt128)i, 1) { Text = new byte[text] } }, store);
        }

        var measured = (memos.Bytes, Settled() - before);
        GC.KeepAlive(memos);
        return measured;
    }

    private static long Settled()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: false);
    }
}
