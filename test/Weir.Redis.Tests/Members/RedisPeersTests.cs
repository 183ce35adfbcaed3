using System.Text;
using Microsoft.Extensions.Time.Testing;
using Weir.Simulation.Worlds;
using Weir.Testing;

namespace Weir.Redis.Tests.Members;

/// <summary>Instances that hear of each other, in virtual time, by a simulated Redis that runs the script of production.</summary>
public sealed class RedisPeersTests : IDisposable
{
    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly LuaRedis _redis = new();
    private readonly RedisOptions _options = new();
    private int _names;

    public void Dispose() => _redis.Dispose();

    private RedisPeers Join() => Join(new MembersWire(_redis, _time));

    private RedisPeers Join(MembersWire wire) => new(() => wire, _options, _time, ++_names);

    private (RedisPeers One, RedisPeers Two) JoinTwo()
    {
        var (one, two) = (Join(), Join());
        _time.Advance(Heartbeat);
        Assert.Equal((2, 2), (one.Count, two.Count));
        // What happens next happens after these beats.
        _time.Advance(TimeSpan.FromMilliseconds(1));
        return (one, two);
    }

    [Fact]
    public async Task Instances_hear_of_each_other_within_a_beat_and_of_one_that_leaves()
    {
        RedisPeers one = Join(), two = Join(), three = Join();
        _time.Advance(Heartbeat);
        Assert.Equal((3, 3, 3), (one.Count, two.Count, three.Count));

        await three.DisposeAsync();
        for (int beat = 0; beat < 9; beat++)
            _time.Advance(Heartbeat);

        Assert.Equal((2, 2), (one.Count, two.Count));
    }

    [Fact]
    public async Task A_heartbeat_is_missed_only_once_there_was_a_connection()
    {
        MembersWire? wire = null;
        await using var peers = new RedisPeers(() => wire, _options, _time, ++_names);
        int missed = 0;
        peers.Missed += () => missed++;
        _time.Advance(4 * Heartbeat);
        Assert.Equal(0, missed);

        wire = new MembersWire(_redis, _time) { LosesReplies = true };
        _time.Advance(4 * Heartbeat);
        Assert.InRange(missed, 1, 4);
    }

    [Fact]
    public async Task Who_comes_back_awaits_the_others_until_they_follow()
    {
        var (one, two) = JoinTwo();
        one.Part();
        two.Part();
        Assert.Equal((1, 1, false), Numbers(await one.ReportAsync(isReady: false)));
        Assert.Equal((1, 1, false), Numbers(await two.ReportAsync(isReady: false)));
        Assert.Equal(1, await one.FollowAsync());

        // The one that follows is awaited no longer, and neither is the other one then.
        Assert.Equal(0, await two.FollowAsync());
        Assert.Equal(0, await one.FollowAsync());
    }

    [Fact]
    public async Task Who_never_left_is_awaited_until_he_has_read_a_reply_and_is_heard_of_again()
    {
        var (one, _) = JoinTwo();
        one.Part();
        _time.Advance(Heartbeat / 2);
        Assert.Equal((1, 1, false), Numbers(await one.ReportAsync(isReady: false)));
        Assert.Equal(1, await one.FollowAsync());

        _time.Advance(Heartbeat);
        Assert.Equal(1, await one.FollowAsync());
        _time.Advance(Heartbeat);

        Assert.Equal(0, await one.FollowAsync());
    }

    [Fact]
    public async Task L7_A_Redis_that_lost_its_memory_is_taken_for_one_until_all_have_told_it_what_they_know()
    {
        var (one, two) = JoinTwo();
        one.Part();
        two.Part();
        _redis.Forget();
        Assert.Equal((1, 1, true), Numbers(await one.ReportAsync(isReady: false)));
        Assert.Equal((1, 1, true), Numbers(await two.ReportAsync(isReady: false)));
        Assert.Equal((1, 1, true), Numbers(await one.ReportAsync(isReady: true)));
        Assert.Equal((1, 1, true), Numbers(await one.ReportAsync(isReady: false)));
        Assert.Equal((1, 1, true), Numbers(await one.ReportAsync(isReady: true)));
        Assert.Equal((1, 0, true), Numbers(await two.ReportAsync(isReady: true)));
        Assert.Equal((1, 0, true), Numbers(await one.ReportAsync(isReady: true)));
        Assert.Equal((1, 0, false), Numbers(await one.ReportAsync(isReady: false)));
        Assert.Equal((1, 1, false), Numbers(await two.ReportAsync(isReady: false)));
    }

    [Theory]
    [InlineData(400, 0)]
    [InlineData(1_100, 1)]
    [InlineData(3_000, 1)]
    public async Task L7_Others_are_awaited_once_more_after_Redis_was_away_again(int awayMs, int awaited)
    {
        var (one, two) = JoinTwo();
        one.Part();
        two.Part();
        for (int ms = 0; ms <= 800; ms += 50)
        {
            Assert.Equal((1, 1, false), Numbers(await one.ReportAsync(isReady: false)));
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        _time.Advance(TimeSpan.FromMilliseconds(awayMs));
        Assert.Equal((awaited, awaited, false), Numbers(await one.ReportAsync(isReady: false)));
    }

    [Fact]
    public async Task L7_An_instance_that_never_heard_Redis_takes_it_for_one_that_lost_its_memory()
    {
        var wire = new MembersWire(_redis, _time) { LosesReplies = true };
        var one = Join(wire);
        _time.Advance(Heartbeat);
        one.Part();
        wire.LosesReplies = false;
        Assert.Equal((0, 0, true), Numbers(await one.ReportAsync(isReady: false)));
        Assert.Equal((0, 0, true), Numbers(await one.ReportAsync(isReady: true)));
        Assert.Equal((0, 0, false), Numbers(await one.ReportAsync(isReady: false)));
    }

    [Fact]
    public async Task L7_An_instance_that_never_heard_of_others_awaits_those_that_Redis_tells_of()
    {
        var other = Join();
        var wire = new MembersWire(_redis, _time) { LosesReplies = true };
        var one = Join(wire);
        _time.Advance(Heartbeat);
        other.Part();
        one.Part();
        wire.LosesReplies = false;
        Assert.Equal((1, 1, true), Numbers(await one.ReportAsync(isReady: false)));
        await other.ReportAsync(isReady: true);
        Assert.Equal((1, 0, true), Numbers(await one.ReportAsync(isReady: true)));
        await other.FollowAsync();
        Assert.Equal(0, await one.FollowAsync());
    }

    [Fact]
    public async Task L7_An_instance_that_never_heard_of_others_awaits_one_that_is_not_back_beside_others_that_are()
    {
        _ = Join();
        _ = Join();
        var away = Join();
        var wire = new MembersWire(_redis, _time) { LosesReplies = true };
        var one = Join(wire);
        _time.Advance(Heartbeat);
        away.Part();
        one.Part();
        wire.LosesReplies = false;
        await one.ReportAsync(isReady: false);
        _time.Advance(2 * Heartbeat);
        await away.ReportAsync(isReady: false);
        Assert.Equal((1, 1, true), Numbers(await one.ReportAsync(isReady: true)));
    }

    [Fact]
    public async Task L7_An_instance_that_never_heard_of_others_awaits_as_many_as_it_assumes_for_a_second()
    {
        _options.Instances = 3;
        var wire = new MembersWire(_redis, _time) { LosesReplies = true };
        var one = Join(wire);
        _time.Advance(Heartbeat);
        one.Part();
        _redis.Forget();
        wire.LosesReplies = false;
        for (int ms = 0; ms < 1_000; ms += 50)
        {
            Assert.Equal((2, 2, true), Numbers(await one.ReportAsync(isReady: true)));
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal((0, 0, true), Numbers(await one.ReportAsync(isReady: true)));
    }

    [Fact]
    public async Task An_instance_that_has_parted_is_awaited_for_a_second_and_not_taken_for_one_that_follows()
    {
        var (one, two) = JoinTwo();
        two.Part();
        one.Part();
        await one.ReportAsync(isReady: false);
        for (int ms = 0; ms < 1_000; ms += 50)
        {
            Assert.Equal(1, await one.FollowAsync());
            _time.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.Equal(0, await one.FollowAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(150)]
    [InlineData(5_000)]
    public async Task L7_A_heartbeat_from_before_an_outage_that_Redis_executes_after_it_does_not_count(int clockStepsBackMs)
    {
        MembersWire wire = new(_redis, _time), other = new(_redis, _time);
        RedisPeers one = Join(other), two = Join(wire);
        _time.Advance(Heartbeat);
        Assert.Equal((2, 2), (one.Count, two.Count));

        // Redis hangs: the heartbeat is sent, and executed when Redis goes on.
        wire.Hangs = true;
        _time.Advance(Heartbeat);
        one.Part();
        two.Part();
        _time.Advance(TimeSpan.FromMilliseconds(100));
        wire.BehindUs = other.BehindUs = 1_000 * clockStepsBackMs;
        Assert.Equal((1, 1, false), Numbers(await one.ReportAsync(isReady: false)));
        wire.Hangs = false;

        Assert.Equal(1, await one.FollowAsync());
        Assert.NotNull(await two.ReportAsync(isReady: false));
        Assert.Equal(1, await one.FollowAsync());
        Assert.NotNull(await two.FollowAsync());
        Assert.Equal(0, await one.FollowAsync());
    }

    [Theory]
    [InlineData("")]
    [InlineData("no number")]
    [InlineData("a value of an older Weir")]
    public async Task A_damaged_member_keeps_nobody_out_and_is_deleted(string value)
    {
        var (one, two) = JoinTwo();
        _redis.Put("weir:{~0}:members", "77", Encoding.ASCII.GetBytes(value));
        one.Part();
        Assert.Equal((1, 1, false), Numbers(await one.ReportAsync(isReady: false)));
        _time.Advance(Heartbeat);
        Assert.Equal(2, two.Count);
        Assert.Null(_redis.Field("weir:{~0}:members", "77"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task L7_A_message_that_a_Redis_which_lost_its_memory_again_executes_does_not_make_the_loss_look_known(bool isReady)
    {
        var (one, two) = JoinTwo();
        bool forgot = false;
        one.Forgot += () => forgot = true;
        one.Part();
        two.Part();
        Assert.False((await one.ReportAsync(isReady: false))!.Value.IsForgetful);
        // The other instance is awaited, so this one tells again and again that it is back.
        Assert.Equal(1, await one.FollowAsync());

        one.Doubt();
        _redis.Forget();
        if (isReady)
            Assert.Null(await one.ReportAsync(isReady: true));
        else
            Assert.Null(await one.FollowAsync());

        Assert.True(forgot);
        one.Part();
        Assert.True((await one.ReportAsync(isReady: false))!.Value.IsForgetful);
    }

    private static (int Absent, int Unready, bool IsForgetful) Numbers(Membership? meeting) => (meeting!.Value.Absent, meeting.Value.Unready, meeting.Value.IsForgetful);

    [Theory]
    [InlineData(400, 1_000)]
    [InlineData(900, 1_000)]
    [InlineData(200, 15)]
    public async Task A_heartbeat_waits_for_a_far_Redis_as_long_as_a_decision_does(int wayMs, int deadlineMs)
    {
        var options = new RedisOptions { Deadline = TimeSpan.FromMilliseconds(deadlineMs) };
        var wire = new MembersWire(_redis, _time, TimeSpan.FromMilliseconds(wayMs));
        await using RedisPeers one = new(() => wire, options, _time, 1), two = new(() => wire, options, _time, 2);
        for (int i = 0; i < 100; i++)
            _time.Advance(TimeSpan.FromMilliseconds(50));
        Assert.Equal((2, 2), (one.Count, two.Count));
        one.Part();
        two.Part();
    }
}
