using Weir.Testing;

namespace Weir.Redis.Tests.Live;

/// <summary>
/// Live data in Redis, as several instances see it: its versions, what is lost of it, and how it is given back.
/// </summary>
public sealed class RedisLiveStoreTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private ITestRedis _redis = null!;
    private RedisStore _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _redis = await TestRedis.StartAsync();
        _connection = new RedisStore(new RedisOptions { Endpoints = _redis.Endpoint }, TimeProvider.System);
        Assert.True(await _connection.WaitUntilConnectedAsync(Patience), _connection.LastError);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_redis is not null)
            await _redis.DisposeAsync();
    }

    private RedisLiveStore Open() => new(_connection.Options, _connection.Connection, Some.Clock());

    /// <summary>A store that was begun, and so many tenants in it.</summary>
    private async Task<(RedisLiveStore Store, LiveRead Known)> BeginAsync(int tenants)
    {
        var store = Open();
        await store.AcceptLossAsync();
        var known = (await store.ReadAsync(LiveVersion.Unknown))!.Version;
        for (int i = 0; i < tenants; i++)
            Assert.Equal(LiveOutcome.Written, (await store.WriteAsync(LiveKind.Tenant, $"t{i}", $"v{i}", "me", null, known)).Outcome);
        return (store, (await store.ReadAsync(LiveVersion.Unknown))!);
    }

    private static string Told(LiveRead? read) => read is null ? "nothing"
        : read.Loss is { } loss ? loss.Reason
        : $"{read.Version.Number}{(read.IsWhole ? " whole" : "")}: {string.Join(", ", read.Entries.Select(entry => $"{entry.Id}@{entry.Version}={entry.Value}").Order(StringComparer.Ordinal))}";

    [Fact]
    public async Task A_store_that_was_never_used_says_so_until_it_is_begun()
    {
        var store = Open();
        var read = (await store.ReadAsync(LiveVersion.Unknown))!;
        Assert.Equal(new LiveLoss("there is none", IsNew: true, IsBeingRestored: false), read.Loss);
        Assert.Equal(LiveOutcome.Behind, (await store.WriteAsync(LiveKind.Tenant, "acme", "v", "me", null, LiveVersion.Unknown)).Outcome);
        await store.AcceptLossAsync();
        var begun = (await store.ReadAsync(LiveVersion.Unknown))!;
        Assert.Equal("0 whole: ", Told(begun));
        await store.AcceptLossAsync();
        Assert.Equal(begun.Version, (await store.ReadAsync(begun.Version))!.Version);
    }

    [Fact]
    public async Task A_reader_is_told_what_has_changed_since_and_everything_when_that_is_forgotten()
    {
        var (store, known) = await BeginAsync(2);
        var now = known.Version;
        Assert.Equal("2 whole: t0@1=v0, t1@2=v1", Told(known));
        Assert.Equal("2: ", Told(await store.ReadAsync(now)));
        await store.WriteAsync(LiveKind.Tenant, "t0", null, "me", null, now);
        await store.WriteAsync(LiveKind.Tenant, "t1", "w", "me", 2, now);
        Assert.Equal("4: t0@4=, t1@4=w", Told(await store.ReadAsync(now)));
        Assert.Equal("4: t1@4=w", Told(await store.ReadAsync(now with { Number = 3 })));
        Assert.Equal("4 whole: t1@4=w", Told(await store.ReadAsync(LiveVersion.Unknown)));
        for (int i = 0; i < LiveBounds.MaxChanges; i++)
            await store.WriteAsync(LiveKind.Tenant, "t2", $"{i}", "me", null, now);
        Assert.Equal("1004 whole: t1@4=w, t2@1004=999", Told(await store.ReadAsync(now with { Number = 3 })));
        Assert.Equal("1004: t2@1004=999", Told(await store.ReadAsync(now with { Number = 4 })));
    }

    [Fact]
    public async Task The_older_history_wins_however_many_changes_the_younger_one_has()
    {
        var (store, known) = await BeginAsync(2);
        await _redis.CommandAsync("FLUSHALL");
        var (_, younger) = await BeginAsync(5);
        Assert.True(string.CompareOrdinal(known.Version.History, younger.Version.History) < 0);
        Assert.Equal("it began anew, and is of version 5", (await store.ReadAsync(known.Version))!.Loss!.Reason);
        Assert.Equal(LiveOutcome.Behind, (await store.WriteAsync(LiveKind.Tenant, "t9", "v", "me", null, known.Version)).Outcome);
        Assert.False(await store.RestoreAsync(younger));
        Assert.True(await store.RestoreAsync(known));
        Assert.Equal(Told(known), Told(await store.ReadAsync(younger.Version)));
        Assert.Equal(new LiveWrite(LiveOutcome.Written, 3), await store.WriteAsync(LiveKind.Tenant, "t1", "w", "me", 2, known.Version));
    }

    [Fact]
    public async Task Of_one_history_the_highest_version_wins()
    {
        var (store, known) = await BeginAsync(3);
        var behind = known with { Version = known.Version with { Number = 2 }, Entries = [.. known.Entries.Where(entry => entry.Version <= 2)] };
        await _redis.CommandAsync("DEL", "weir:{~live}:state");
        Assert.True(await store.RestoreAsync(behind));
        Assert.Equal("it is of version 2, and version 3 is known", (await store.ReadAsync(known.Version))!.Loss!.Reason);
        Assert.False(await store.RestoreAsync(behind));
        Assert.True(await store.RestoreAsync(known));
        Assert.Equal(Told(known), Told(await store.ReadAsync(LiveVersion.Unknown)));
        Assert.False(await store.RestoreAsync(known));
    }

    [Fact]
    public async Task A_part_that_is_lost_is_given_back_by_who_knows_that_version_and_by_nobody_else()
    {
        var (store, known) = await BeginAsync(5);
        await _redis.CommandAsync("HDEL", "weir:{~live}:state", "tenant/t1", "tenant/t3");
        Assert.Equal("3 of 5 entries are left", (await store.ReadAsync(known.Version))!.Loss!.Reason);
        Assert.Equal("3 of 5 entries are left", (await store.ReadAsync(LiveVersion.Unknown))!.Loss!.Reason);
        Assert.False(await store.RestoreAsync(known with { Version = known.Version with { Number = 4 } }));
        Assert.True(await store.RestoreAsync(known));
        Assert.Equal(Told(known), Told(await store.ReadAsync(LiveVersion.Unknown)));
    }

    [Fact]
    public async Task A_part_that_nobody_gives_back_is_given_up()
    {
        var (store, known) = await BeginAsync(5);
        await _redis.CommandAsync("HDEL", "weir:{~live}:state", "tenant/t1");
        await store.AcceptLossAsync();
        Assert.Equal("5 whole: t0@1=v0, t2@3=v2, t3@4=v3, t4@5=v4", Told(await store.ReadAsync(LiveVersion.Unknown)));
        Assert.Equal(6, (await store.WriteAsync(LiveKind.Tenant, "t1", "again", "me", 0, known.Version)).Version);
        Assert.Null((await store.ReadAsync(known.Version))!.Loss);
    }

    [Fact]
    public async Task Of_many_that_give_back_at_the_same_time_one_does_and_what_is_there_is_whole()
    {
        var (_, known) = await BeginAsync(1_200);
        var instances = Enumerable.Range(0, 8).Select(_ => Open()).ToArray();
        for (int i = 0; i < 5; i++)
        {
            await _redis.CommandAsync("FLUSHALL");
            bool[] restored = await Task.WhenAll(instances.Select(instance => instance.RestoreAsync(known)));
            Assert.Single(restored, true);
            Assert.Equal(Told(known), Told(await instances[i].ReadAsync(LiveVersion.Unknown)));
        }
    }

    [Fact]
    public async Task An_instance_that_dies_while_it_gives_back_leaves_it_to_another_one()
    {
        var (store, known) = await BeginAsync(2);
        await _redis.CommandAsync("FLUSHALL");
        await _redis.CommandAsync("SET", "weir:{~live}:restoring", "somebody", "PX", "300");
        await _redis.CommandAsync("HSET", "weir:{~live}:state", "tenant/t9", "1 half", "history", known.Version.History, "version", "2", "count", "2", "life", "x");
        Assert.Equal(new LiveLoss("1 of 2 entries are left", IsNew: false, IsBeingRestored: true), (await store.ReadAsync(known.Version))!.Loss);
        Assert.Equal(LiveOutcome.Behind, (await store.WriteAsync(LiveKind.Tenant, "t1", "w", "me", null, known.Version)).Outcome);
        Assert.False(await store.RestoreAsync(known));
        await Until.TrueAsync(() => store.RestoreAsync(known), () => "it is not given back");
        Assert.Equal(Told(known), Told(await store.ReadAsync(LiveVersion.Unknown)));
    }

    [Fact]
    public async Task What_is_restored_is_sent_and_read_in_parts_so_that_no_decision_waits_for_all_of_it()
    {
        const int Entries = 5_000;
        var redis = TestRedis.ProcessOf(_redis);
        var store = Open();
        LiveEntry[] entries = [.. Enumerable.Range(0, Entries).Select(i => new LiveEntry(LiveKind.Tenant, $"t{i}", i + 1, new string('x', i % 40 * 100)))];
        Assert.True(await store.RestoreAsync(new LiveRead(new LiveVersion("00000000000000001-a", Entries), entries, IsWhole: true)));
        await redis.CommandAsync("CONFIG", "RESETSTAT");
        await redis.CommandAsync("DEL", "weir:{~live}:state");
        Assert.True(await store.RestoreAsync(new LiveRead(new LiveVersion("00000000000000001-a", Entries), entries, IsWhole: true)));
        Assert.Equal(Entries, (await store.ReadAsync(LiveVersion.Unknown))!.Entries.Count);

        // 250 entries or 64 KiB a call: 10 MB are more than 150 calls.
        string stats = await redis.CommandAsync("INFO", "commandstats");
        long Calls(string name) => stats.Split('\n').Where(line => line.StartsWith($"cmdstat_{name}:", StringComparison.Ordinal))
            .Sum(line => long.Parse(line.Split("calls=")[1].Split(',')[0]));
        Assert.InRange(Calls("evalsha") + Calls("eval"), 150, 250);
        Assert.InRange(Calls("hscan"), Entries / 300, Entries);
        Assert.Equal(0, Calls("hgetall"));
    }

    [Fact]
    public async Task A_reader_of_all_that_others_change_meanwhile_ends_with_what_is_there()
    {
        // Garnet's HSCAN counts positions: what is deleted meanwhile makes it skip others.
        _ = TestRedis.ProcessOf(_redis);
        var (store, known) = await BeginAsync(600);
        using var stopping = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (int i = 0; !stopping.IsCancellationRequested; i++)
                await store.WriteAsync(LiveKind.Tenant, $"t{i % 700}", i % 3 == 0 ? null : $"w{i}", "me", null, known.Version);
        });
        for (int i = 0; i < 20; i++)
        {
            var reader = Open();
            var read = (await reader.ReadAsync(LiveVersion.Unknown))!;
            var entries = read.Entries.ToDictionary(entry => entry.Id);
            if (i == 19)
            {
                await stopping.CancelAsync();
                await writing;
            }

            // Whatever came between the parts, the changes that follow put right.
            var rest = (await reader.ReadAsync(read.Version))!;
            foreach (var entry in rest.Entries)
                entries[entry.Id] = entry;
            if (i == 19)
                Assert.Equal(Told(await store.ReadAsync(LiveVersion.Unknown)), Told(rest with { IsWhole = true, Entries = [.. entries.Values.Where(entry => entry.Value is not null)] }));
        }
    }

    [Fact]
    public async Task A_reader_of_all_that_is_lost_and_restored_meanwhile_takes_no_part_for_the_whole()
    {
        _ = TestRedis.ProcessOf(_redis);
        var (store, known) = await BeginAsync(1_500);
        using var stopping = new CancellationTokenSource();
        var losing = Task.Run(async () =>
        {
            while (!stopping.IsCancellationRequested)
            {
                await _redis.CommandAsync("DEL", "weir:{~live}:state");
                await store.RestoreAsync(known);
            }
        });
        for (int i = 0; i < 30; i++)
        {
            if (await Open().ReadAsync(LiveVersion.Unknown) is { Loss: null, IsWhole: true } read)
                Assert.Equal(known.Entries.Count, read.Entries.Count);
        }

        await stopping.CancelAsync();
        await losing;
    }

    [Fact]
    public async Task A_reader_of_changes_takes_no_loss_for_a_deletion()
    {
        var (store, known) = await BeginAsync(10);
        var reader = Open();
        var version = known.Version;
        using var stopping = new CancellationTokenSource();
        var losing = Task.Run(async () =>
        {
            var instance = Open();
            var own = known;
            for (int i = 0; !stopping.IsCancellationRequested; i++)
            {
                await store.WriteAsync(LiveKind.Tenant, $"t{i % 10}", $"w{i}", "me", null, own.Version);
                if (await instance.ReadAsync(LiveVersion.Unknown) is { Loss: null } read)
                    own = read;
                await _redis.CommandAsync("DEL", "weir:{~live}:state");
                await store.RestoreAsync(own);
            }
        });
        for (int i = 0; i < 4_000; i++)
        {
            if (await reader.ReadAsync(version) is not { Loss: null } read)
                continue;
            Assert.All(read.Entries, entry => Assert.NotNull(entry.Value));
            version = read.Version;
        }

        await stopping.CancelAsync();
        await losing;
    }

    [Fact]
    public async Task What_Redis_refuses_is_told_with_its_words()
    {
        _ = TestRedis.ProcessOf(_redis);
        var (store, known) = await BeginAsync(1);
        await _redis.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        Assert.Equal(LiveOutcome.Unavailable, (await store.WriteAsync(LiveKind.Tenant, "t1", "v", "me", null, known.Version)).Outcome);
        Assert.Contains("OOM", store.Fault, StringComparison.Ordinal);
        await _redis.CommandAsync("CONFIG", "SET", "maxmemory", "0");
        Assert.Equal(LiveOutcome.Written, (await store.WriteAsync(LiveKind.Tenant, "t1", "v", "me", null, known.Version)).Outcome);
        Assert.Null(store.Fault);
    }
}
