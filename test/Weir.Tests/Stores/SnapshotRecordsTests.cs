using System.IO.Hashing;

namespace Weir.Tests.Stores;

/// <summary>Permits, reservations and idempotency records over a restart.</summary>
public sealed class SnapshotRecordsTests : IDisposable
{
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Tick = TimeSpan.FromMicroseconds(1);

    private readonly Restarts _weir = new();

    public void Dispose() => _weir.Dispose();

    [Fact]
    public void A_permit_is_held_over_a_restart_and_no_longer_than_its_timeout()
    {
        Assert.True(_weir.Take("acme", "k").Allowed);
        Assert.True(_weir.Take("acme", "k").Allowed);

        Assert.Equal(new SnapshotRead(1, 2, 0, 0, null), _weir.Restart(away: TimeSpan.FromSeconds(20)));

        Assert.False(_weir.HasPermit("acme", "k"));
        Assert.True(_weir.HasPermit("acme", "other"));
        _weir.Time.Advance(Lease - TimeSpan.FromSeconds(20) - Tick);
        Assert.False(_weir.HasPermit("acme", "k"));
        _weir.Time.Advance(Tick);
        Assert.True(_weir.HasPermit("acme", "k"));
    }

    [Fact]
    public void L3_retry_after_of_a_refused_permit_is_true_after_a_restart()
    {
        _weir.Take("acme", "k");
        _weir.Take("acme", "k");
        _weir.Restart(away: TimeSpan.FromSeconds(7));

        Assert.Equal(Lease - TimeSpan.FromSeconds(7), _weir.Take("acme", "k").RetryAfter);
    }

    [Theory]
    [InlineData(-5)]
    [InlineData(-0.001)]
    public void L5_a_wall_clock_that_stepped_back_while_the_process_was_away_frees_no_permit_early(double hours)
    {
        _weir.Take("acme", "k");
        _weir.Take("acme", "k");

        _weir.Restart(step: TimeSpan.FromHours(hours));

        _weir.Time.Advance(Lease - Tick);
        Assert.False(_weir.HasPermit("acme", "k"));
        _weir.Time.Advance(Tick);
        Assert.True(_weir.HasPermit("acme", "k"));
    }

    [Fact]
    public void A_reservation_is_settled_after_a_restart_and_gives_back_its_permit_and_its_tokens()
    {
        var first = _weir.Reserve("acme", "k", 1);
        var second = _weir.Reserve("acme", "k", 1);
        Assert.Equal(new SnapshotRead(1, 2, 2, 0, null), _weir.Restart(away: TimeSpan.FromSeconds(30)));

        Assert.False(_weir.HasPermit("acme", "k"));
        Assert.Equal(SettlementOutcome.Settled, _weir.Reservations.CancelAsync(first.Id!).Result.Outcome);
        Assert.True(_weir.HasPermit("acme", "k"));
        Assert.Equal(SettlementOutcome.Settled, _weir.Reservations.CommitAsync(second.Id!, 5).Result.Outcome);
        Assert.Equal(95, _weir.Left("acme", "k"));
    }

    [Fact]
    public void A_reservation_ends_when_it_would_have_without_the_restart()
    {
        var reserved = _weir.Reserve("globex", "k", 4);
        _weir.Restart(away: Restarts.ReservationLife);

        Assert.Equal(SettlementOutcome.Unknown, _weir.Reservations.CancelAsync(reserved.Id!).Result.Outcome);
        Assert.Equal(7, _weir.Left("globex", "k"));
    }

    [Fact]
    public void L1_a_reservation_is_settled_once_whatever_restarts_come_between()
    {
        var reserved = _weir.Reserve("globex", "k", 6);
        _weir.Restart();
        Assert.Equal(SettlementOutcome.Settled, _weir.Reservations.CommitAsync(reserved.Id!, 2).Result.Outcome);
        _weir.Restart();

        Assert.Equal(SettlementOutcome.Settled, _weir.Reservations.CommitAsync(reserved.Id!, 2).Result.Outcome);
        Assert.Equal(SettlementOutcome.Conflict, _weir.Reservations.CancelAsync(reserved.Id!).Result.Outcome);
        Assert.Equal(8, _weir.Left("globex", "k"));
    }

    [Fact]
    public void A_request_under_an_idempotency_key_is_done_once_over_a_restart()
    {
        var before = _weir.TakeOnce("order-1", "globex", "k", 3)!.Value;
        var reserved = _weir.Reserve("globex", "k", 2, "order-2");
        _weir.Restart(away: TimeSpan.FromMinutes(9));

        var after = _weir.TakeOnce("order-1", "globex", "k", 3)!.Value;
        Assert.Equal((before.Allowed, before.Remaining, before.ResetAfter),
            (after.Allowed, after.Remaining, after.ResetAfter));
        Assert.Equal(reserved.Id, _weir.Reserve("globex", "k", 2, "order-2").Id);
        Assert.Null(_weir.TakeOnce("order-1", "globex", "k", 4));
        Assert.Equal(6, _weir.Left("globex", "k"));
    }

    [Fact]
    public void A_kill_loses_what_came_after_the_last_snapshot_and_nothing_else()
    {
        var kept = _weir.Reserve("acme", "k", 1);
        _weir.File.Write(_weir.Store);
        _weir.Take("acme", "k");
        var lost = _weir.Reserve("acme", "other", 1);

        _weir.Kill(away: TimeSpan.FromSeconds(1));

        Assert.Equal(99, _weir.Left("acme", "k"));
        Assert.True(_weir.HasPermit("acme", "k"));
        Assert.Equal(SettlementOutcome.Unknown, _weir.Reservations.CancelAsync(lost.Id!).Result.Outcome);
        Assert.Equal(SettlementOutcome.Settled, _weir.Reservations.CancelAsync(kept.Id!).Result.Outcome);
        Assert.Equal(100, _weir.Left("acme", "k"));
    }

    [Fact]
    public void L1_a_reservation_made_while_a_snapshot_is_written_cannot_give_back_what_the_snapshot_does_not_have()
    {
        var before = _weir.Reserve("globex", "before", 2);
        var (_, lastNumber) = _weir.Store.Records.BeginExport(_weir.Store);
        _weir.Reserve("globex", "during", 2);
        _weir.Reservations.CancelAsync(before.Id!).AsTask().Wait();
        _weir.TakeOnce("order-1", "globex", "during");

        var saved = _weir.Store.Records.Export(lastNumber);

        Assert.Equal(2, saved.Count);
        Assert.DoesNotContain(saved, record => record.IsOpen);
    }

    [Fact]
    public void L10_a_smaller_store_takes_what_it_has_room_for_and_counts_the_rest()
    {
        for (int i = 0; i < 100; i++)
            _weir.Reserve("acme", $"k{i}", 1);

        var read = _weir.Restart(maxKeys: 64);

        Assert.Equal(64, read.Permits);
        Assert.InRange(read.Records, 1, 64);
        Assert.InRange(_weir.Store.Records.Bytes, 1, 64 * MemoryStoreOptions.AnswerBytesPerKey);
        Assert.Equal(300, read.Buckets + read.Permits + read.Records + read.Dropped);
        Assert.Equal((64, read.Records), (_weir.Store.Permits.Holders, _weir.Store.Records.Count));
    }

    [Fact]
    public void L10_what_ended_while_the_process_was_away_takes_no_room()
    {
        for (int i = 0; i < 100; i++)
            _weir.Reserve("acme", $"k{i}", 1);

        Assert.Equal(new SnapshotRead(100, 0, 0, 0, null), _weir.Restart(away: Restarts.ReservationLife));

        Assert.Equal((0, 0, 0), (_weir.Store.Permits.Holders, _weir.Store.Permits.Limits, _weir.Store.Records.Count));
    }

    [Fact]
    public void A_snapshot_that_was_read_and_written_again_is_the_same()
    {
        _weir.Reserve("acme", "k", 3);
        _weir.Reserve("nobody-knows-me", "k", 3);
        _weir.TakeOnce("order-1", "globex", "k");
        _weir.Restart();
        _weir.File.Write(_weir.Store);
        byte[] first = File.ReadAllBytes(_weir.Path);

        _weir.Restart();
        _weir.File.Write(_weir.Store);

        Assert.Equal(AfterRates(first), AfterRates(File.ReadAllBytes(_weir.Path)));
    }

    /// <summary>
    /// The contents behind the rates, which are those of the whole process, other tests included, and without the
    /// checksum and the position of the records, which follow from them.
    /// </summary>
    private static byte[] AfterRates(byte[] snapshot) => snapshot[(40 + (24 * BitConverter.ToInt32(snapshot, 12)))..^24];

    /// <summary>
    /// A checksum keeps out what is torn, not what somebody wrote: that must not throw, or be believed in part.
    /// </summary>
    [Fact]
    public void Contents_that_no_store_could_have_written_are_a_fault_and_change_nothing()
    {
        _weir.Reserve("acme", "k", 3);
        _weir.File.Write(_weir.Store);
        byte[] whole = File.ReadAllBytes(_weir.Path);
        int records = (int)BitConverter.ToInt64(whole, whole.Length - 24);
        // A number of limits, of holders and of records, the length of a text, and where all of that begins.
        int[] places = [records, records + 20, whole.Length - 24, 12, FindText(whole, "acme") - 4];
        foreach (int place in places)
        {
            foreach (int wrong in (int[])[-1, int.MaxValue, int.MinValue, whole.Length])
            {
                byte[] changed = (byte[])whole.Clone();
                BitConverter.TryWriteBytes(changed.AsSpan(place), wrong);
                XxHash128.Hash(changed.AsSpan(..^16), changed.AsSpan(^16..));
                var fresh = new MemoryStore(new MemoryStoreOptions { MaxKeys = 64 }, _weir.Time);

                Assert.Equal("its contents are not those of a snapshot", Snapshot.Read(fresh, new MemoryStream(changed))
                    .Fault);
                Assert.Equal((0, 0, 0), ((int)fresh.Used, fresh.Permits.Holders, fresh.Records.Count));
            }
        }
    }

    private static int FindText(byte[] snapshot, string text) => snapshot.AsSpan()
        .IndexOf(System.Text.Encoding.UTF8.GetBytes(text));
}
