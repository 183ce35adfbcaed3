using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

public sealed class RecentRecordsTests
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly RecentRecords _records;

    public RecentRecordsTests() => _records = new RecentRecords(new MonotonicClock(_time));

    [Fact]
    public void A_record_is_known_until_it_is_removed()
    {
        _records.Add("acme", 1);
        Assert.Equal((true, false, false), (_records.Has("acme", 1), _records.Has("acme", 2), _records.Has("other", 1)));
        _records.Remove("acme", 1);
        Assert.False(_records.Has("acme", 1));
    }

    [Fact]
    public void A_record_whose_reply_never_comes_is_forgotten_after_five_seconds()
    {
        _records.Add("acme", 1);
        _time.Advance(TimeSpan.FromSeconds(4));
        _records.Add("acme", 2);
        Assert.True(_records.Has("acme", 1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((false, true), (_records.Has("acme", 1), _records.Has("acme", 2)));
    }

    [Fact]
    public void A_record_that_is_given_up_again_lives_from_then()
    {
        _records.Add("acme", 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        _records.Add("acme", 1);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.True(_records.Has("acme", 1));
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.False(_records.Has("acme", 1));
    }

    [Fact]
    public void L10_a_flood_of_records_is_bounded_and_room_comes_back()
    {
        for (int i = 0; i < 20_000; i++)
            _records.Add("flood", (UInt128)i);
        Assert.Equal((true, false), (_records.Has("flood", 16_383), _records.Has("flood", 16_384)));
        _time.Advance(TimeSpan.FromSeconds(5));
        _records.Add("acme", 1);
        Assert.Equal((false, true), (_records.Has("flood", 1), _records.Has("acme", 1)));
    }

    [Fact]
    public void L10_one_record_that_is_given_up_again_and_again_takes_one_place()
    {
        for (int i = 0; i < 100_000; i++)
            _records.Add("acme", 1);
        Assert.True(_records.Has("acme", 1));
        Assert.InRange(_records.Waiting, 1, 16_384);
    }
}
