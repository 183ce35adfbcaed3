using Microsoft.Extensions.Time.Testing;
using Weir.Simulation.Worlds;
using Weir.Testing;

namespace Weir.Redis.Tests.Members;

/// <summary>Instances that have to agree on settings, in virtual time, over the script that ships.</summary>
public sealed class FleetTests : IDisposable
{
    private const string Lease = "Weir:Redis:LeaseMs=20\n";
    private const string Partitions = "Weir:Redis:Partitions=1";
    private const string Formats = "\nFormats=" + FleetSettings.Formats;

    private static readonly TimeSpan Heartbeat = TimeSpan.FromMilliseconds(250);

    /// <summary>Longer than an instance that is not heard of is taken to be there.</summary>
    private static readonly TimeSpan Gone = 10 * Heartbeat;

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly LuaRedis _redis = new();
    private int _names;

    public void Dispose() => _redis.Dispose();

    private sealed record Instance(Fleet Fleet, RedisPeers Peers)
    {
        public bool Leases => Fleet.At(0).MayLease;

        public string Differs => string.Join(
            ", ", Fleet.Differences.Select(difference => $"{difference.Setting} {difference.Here}/{difference.Fleet}"));
    }

    private Instance Join(int leaseMs = 20, string prefix = "weir") =>
        Join(FleetSettings.Of(new RedisOptions { LeaseHorizon = TimeSpan.FromMilliseconds(leaseMs) }, partitions: 1), prefix);

    private Instance Join(string settings, string prefix = "weir")
    {
        var fleet = new Fleet(() => settings);
        var wire = new MembersWire(_redis, _time);
        var options = new RedisOptions { Prefix = prefix };
        return new(fleet, new RedisPeers(() => wire, options, _time, ++_names, 0, fleet.At(0)));
    }

    private void Pass(TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += Heartbeat)
            _time.Advance(Heartbeat);
    }

    [Fact]
    public void Instances_with_the_same_settings_lease()
    {
        var (one, two) = (Join(), Join());
        Pass(Heartbeat);
        Assert.Equal((true, "", true, ""), (one.Leases, one.Differs, two.Leases, two.Differs));
    }

    [Theory]
    [InlineData(50)]
    [InlineData(0)]
    [InlineData(1_000)]
    public void One_that_came_later_and_differs_says_how_and_does_not_lease(int leaseMs)
    {
        var one = Join();
        var two = Join();
        var other = Join(leaseMs);
        Pass(Gone);
        Assert.Equal((true, true, false), (one.Leases, two.Leases, other.Leases));
        Assert.Equal(("", "", $"Weir:Redis:LeaseMs {leaseMs}/20"), (one.Differs, two.Differs, other.Differs));
    }

    [Fact]
    public void The_settings_that_came_first_are_the_rule_however_many_others_come()
    {
        var first = Join();
        Instance[] others = [.. Enumerable.Range(0, 5).Select(_ => Join(50))];
        Pass(4 * Gone);
        Assert.True(first.Leases);
        Assert.All(others, other => Assert.False(other.Leases));
    }

    [Fact]
    public async Task A_rolling_change_ends_with_the_new_settings_as_the_rule()
    {
        Instance[] old = [Join(), Join(), Join()];
        Instance[] next = [Join(50), Join(50), Join(50)];
        foreach (var instance in old)
        {
            Assert.All(next, other => Assert.False(other.Leases));
            await instance.Peers.DisposeAsync();
            Pass(Heartbeat);
        }

        Pass(Gone);

        Assert.All(next, other => Assert.Equal((true, ""), (other.Leases, other.Differs)));
        var late = Join();
        Pass(Heartbeat);
        Assert.Equal((false, "Weir:Redis:LeaseMs 20/50"), (late.Leases, late.Differs));
    }

    [Fact]
    public void A_Redis_that_lost_its_memory_is_told_the_rule_by_whoever_comes_first()
    {
        var one = Join();
        var other = Join(50);
        Pass(Heartbeat);
        for (int i = 0; i < 3; i++)
        {
            _redis.Forget();
            Pass(Gone);
            Assert.Equal((true, false), (one.Leases, other.Leases));
        }
    }

    [Fact]
    public void An_instance_leases_nothing_before_it_has_heard_the_rule()
    {
        var fleet = new Fleet(() => "a=1");
        var wire = new MembersWire(_redis, _time) { IsConnected = false };
        var peers = new RedisPeers(() => wire.IsConnected ? wire : null, new RedisOptions(), _time, 7, 0, fleet.At(0));
        Pass(Gone);
        Assert.False(fleet.At(0).MayLease);
        wire.IsConnected = true;
        Pass(Heartbeat);
        Assert.True(fleet.At(0).MayLease);
        peers.Part();
    }

    [Theory]
    [InlineData(Lease + "Weir:Redis:Partitions=64" + Formats, "Weir:Redis:Partitions 64/1")]
    [InlineData(Lease + Partitions + "\nFormats=buckets 2", "Formats buckets 2/" + FleetSettings.Formats)]
    [InlineData(Lease + Partitions + Formats + "\nNew=7", "New 7/not named")]
    [InlineData(
        "x",
        "Formats not named/" + FleetSettings.Formats
            + ", Weir:Redis:LeaseMs not named/20, Weir:Redis:Partitions not named/1, x /not named")]
    public void What_differs_is_named_also_by_an_instance_of_another_version(string settings, string differs)
    {
        var one = Join();
        var other = Join(settings);
        Pass(Gone);
        Assert.Equal((true, false, differs), (one.Leases, other.Leases, other.Differs));
    }

    [Fact]
    public void Instances_with_another_prefix_are_another_fleet()
    {
        var one = Join();
        var other = Join(50, prefix: "shop");
        Pass(Gone);
        Assert.Equal((true, true), (one.Leases, other.Leases));
        Assert.Equal((1, 1), (one.Peers.Count, other.Peers.Count));
    }

    [Fact]
    public void Listeners_hear_of_each_change_once()
    {
        var one = Join();
        var other = Join(50);
        int heard = 0;
        other.Fleet.Changed += () => heard++;
        Pass(Gone);
        Assert.Equal((0, "Weir:Redis:LeaseMs 50/20"), (heard, other.Differs));
        one.Peers.Part();
        Pass(2 * Gone);
        Assert.Equal((1, "", true), (heard, other.Differs, other.Leases));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("12345678")]
    [InlineData("notanumber settings")]
    public void Whatever_lies_under_the_key_of_the_rule_ends_with_a_rule(string value)
    {
        _redis.Set("weir:{~0}:settings", System.Text.Encoding.Latin1.GetBytes(value));
        var one = Join();
        Pass(Gone);
        Assert.Equal((true, ""), (one.Leases, one.Differs));
    }

    [Fact]
    public async Task Prefixes_of_one_database_hear_of_each_other_and_of_one_that_is_gone()
    {
        var wire = new MembersWire(_redis, _time);
        await using var one = new PrefixWatch(() => wire, "weir", _time);
        var two = new PrefixWatch(() => wire, "shop", _time);
        await using var same = new PrefixWatch(() => wire, "weir", _time);
        _time.Advance(TimeSpan.FromSeconds(5));
        PrefixWatch[] all = [one, two, same];
        Assert.Equal(["shop", "weir", "shop"], all.Select(watch => Assert.Single(watch.Others)));

        await two.DisposeAsync();
        for (int i = 0; i < 6; i++)
            _time.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(one.Others);
    }
}
