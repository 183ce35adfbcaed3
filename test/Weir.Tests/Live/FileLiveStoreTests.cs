using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Live;

/// <summary>The file of live data: what it holds after a stop, a crash, damage and a compaction.</summary>
public sealed class FileLiveStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 1, 2, 3, 4, 5, 678, TimeSpan.Zero));

    private string LivePath => _folder.File("live.weir");

    public void Dispose() => _folder.Dispose();

    private FileLiveStore Open() => new(LivePath, _time);

    private static LiveWrite Put(FileLiveStore store, string id, string? value, string kind = LiveKind.Tenant, string who = "me", long? expected = null) =>
        store.WriteAsync(kind, id, value, who, expected, LiveVersion.Unknown).Result;

    private static string Entries(FileLiveStore store) => string.Join(
        ", ", store.ReadAsync(LiveVersion.Unknown).Result!.Entries.Select(entry => $"{entry.Kind}/{entry.Id}@{entry.Version}={entry.Value}").Order(StringComparer.Ordinal));

    private static string Trail(FileLiveStore store) => string.Join(
        ", ", store.AuditAsync(long.MaxValue, 10).Result!.Select(change => $"{change.Version} {change.Kind}/{change.Id} {change.Before} {change.Deleted} {change.Who} {change.At:O}"));

    /// <summary>Three changes, so that the file has four lines.</summary>
    private void MakeThreeChanges()
    {
        using var store = Open();
        Put(store, "acme", """{"plan":"pro"}""");
        Put(store, "globex", "x");
        Put(store, "acme", """{"plan":"free"}""");
    }

    [Fact]
    public void The_file_has_a_line_for_each_change_in_a_format_that_stays()
    {
        using (var store = Open())
        {
            Put(store, "acme", "{\"plan\":\t\"pro\"}\r\n\\");
            Put(store, "", "défaultPlan: a\nplans: {}\n", LiveKind.Policies, "Jörg (k_1)");
            Put(store, "acme", null);
        }

        Assert.Equal(
            "c84e0c54bf645e39\tbegin\t0\t1\t0\n"
            + "4e65db0558fce91f\tchange\t1\ttenant/acme\t0\t2030-01-02T03:04:05.678Z\tme\t+{\"plan\":\\t\"pro\"}\\r\\n\\\\\n"
            + "43d939acb1a88b30\tchange\t2\tpolicies/\t0\t2030-01-02T03:04:05.678Z\tJörg (k_1)\t+défaultPlan: a\\nplans: {}\\n\n"
            + "4a5eb5dd22a5e51e\tchange\t3\ttenant/acme\t1\t2030-01-02T03:04:05.678Z\tme\t-\n",
            File.ReadAllText(LivePath));
    }

    [Fact]
    public void What_was_changed_is_there_after_a_stop_with_trail_and_texts()
    {
        string entries, trail;
        using (var store = Open())
        {
            Put(store, "acme", "{\"a\":\t\"1\"}\r\n\\n");
            Put(store, "acme/k/1", "b", LiveKind.Block);
            Put(store, "acme", null);
            Put(store, "", "p", LiveKind.Policies, LiveBounds.Expiry);
            (entries, trail) = (Entries(store), Trail(store));
        }

        using var again = Open();
        Assert.Equal("block/acme/k/1@2=b, policies/@4=p", entries);
        Assert.Equal((entries, trail), (Entries(again), Trail(again)));
        Assert.Equal("{\"a\":\t\"1\"}\r\n\\n", again.RecallAsync(1).Result!.Value);
        Assert.Null(again.RecallAsync(3).Result!.Value);
        Assert.Null(again.RecallAsync(4).Result);
        Assert.Equal(new LiveWrite(LiveOutcome.Written, 5), Put(again, "next", "v"));
        Assert.Equal(new LiveWrite(LiveOutcome.Conflict, 2), Put(again, "acme/k/1", "c", LiveKind.Block, expected: 1));
    }

    [Fact]
    public void A_crash_in_the_middle_of_a_change_loses_that_change_alone_wherever_it_comes()
    {
        MakeThreeChanges();
        byte[] whole = File.ReadAllBytes(LivePath);
        int last = whole.AsSpan(0, whole.Length - 1).LastIndexOf((byte)'\n') + 1;
        for (int length = last; length < whole.Length; length++)
        {
            File.WriteAllBytes(LivePath, whole[..length]);
            using (var store = Open())
            {
                Assert.Equal("""tenant/acme@1={"plan":"pro"}, tenant/globex@2=x""", Entries(store));
                Assert.Equal(length == last ? 0 : 1, store.ReadAsync(LiveVersion.Unknown).Result!.Unreadable.Count);
                Assert.Equal(new LiveWrite(LiveOutcome.Written, 3), Put(store, "acme", "after"));
            }

            using var again = Open();
            Assert.Equal("tenant/acme@3=after, tenant/globex@2=x", Entries(again));
        }
    }

    [Fact]
    public void Any_other_damage_stops_the_start_and_the_message_names_file_line_and_cure()
    {
        MakeThreeChanges();
        byte[] whole = File.ReadAllBytes(LivePath);
        // The last line feed is what ends the last change: without it, that change is torn.
        for (int i = 0; i < whole.Length - 1; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 0x01;
            File.WriteAllBytes(LivePath, damaged);
            var thrown = Assert.Throws<IOException>(Open);
            int line = whole.AsSpan(0, i).Count((byte)'\n') + 1;
            Assert.StartsWith(line == 1 ? $"{LivePath}: the file of live data is not" : $"{LivePath}: line {line} is damaged: ", thrown.Message, StringComparison.Ordinal);
            Assert.Contains("backup", thrown.Message, StringComparison.Ordinal);
            Assert.Equal(damaged, File.ReadAllBytes(LivePath));
        }
    }

    [Theory]
    [InlineData("", "the file of live data is empty")]
    [InlineData("{\"Version\":3,\"Entries\":{}}", "the file of live data is not live data of this version of Weir")]
    [InlineData("defaultPlan: free\nplans: {}\n", "the file of live data is not live data of this version of Weir")]
    public void A_file_of_something_else_stops_the_start_and_is_left_as_it_is(string text, string wrong)
    {
        File.WriteAllText(LivePath, text);
        Assert.StartsWith($"{LivePath}: {wrong}", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(LivePath));
    }

    [Theory]
    [InlineData(1, "line 2 is damaged: it is of version 2, and 1 should follow")]
    [InlineData(2, "line 3 is damaged: it is of version 3, and 2 should follow")]
    public void A_line_that_is_missing_stops_the_start(int missing, string wrong)
    {
        MakeThreeChanges();
        File.WriteAllLines(LivePath, File.ReadAllLines(LivePath).Where((_, i) => i != missing));
        Assert.StartsWith($"{LivePath}: {wrong}", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "tenant/acme@3={\"plan\":\"free\"}, tenant/globex@2=x")]
    [InlineData(2, "tenant/acme@3={\"plan\":\"free\"}")]
    [InlineData(3, "tenant/acme@1={\"plan\":\"pro\"}, tenant/globex@2=x")]
    public void The_word_lost_in_place_of_a_damaged_line_goes_on_without_that_change(int damaged, string entries)
    {
        MakeThreeChanges();
        File.WriteAllText(LivePath, string.Concat(File.ReadAllLines(LivePath).Select((line, i) => (i == damaged ? "lost" : line) + "\n")));
        using var store = Open();
        Assert.Equal(entries, Entries(store));
        Assert.Equal(4, Put(store, "next", "v").Version);
    }

    [Fact]
    public void What_a_failed_append_has_left_is_cut_off_by_the_next_change()
    {
        using (var store = Open())
        {
            Put(store, "acme", "1");
            File.AppendAllText(LivePath, "half a line, as a full disk leaves it");
            Assert.Equal(2, Put(store, "acme", "2").Version);
        }

        using var again = Open();
        Assert.Equal("tenant/acme@2=2", Entries(again));
    }

    [Fact]
    public void A_file_has_one_owner_until_that_one_lets_go_of_it()
    {
        using (Open())
            Assert.StartsWith($"{LivePath}: the file of live data is in use by another Weir", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        Open().Dispose();
    }

    [Fact]
    public void A_file_that_cannot_be_made_stops_the_start()
    {
        string path = _folder.File("missing/live.weir");
        Assert.StartsWith($"{path}: the folder of the file of live data is not there", Assert.Throws<IOException>(() => new FileLiveStore(path, _time)).Message, StringComparison.Ordinal);
        Directory.CreateDirectory(LivePath + ".new");
        Assert.StartsWith($"{LivePath} has a companion, of the ending .new, that is not a regular file; ", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_file_nothing_is_kept()
    {
        using var store = new FileLiveStore(null, _time);
        Assert.Equal(1, Put(store, "acme", "1").Version);
        Assert.Equal("tenant/acme@1=1", Entries(store));
    }

    [Fact]
    public void A_reader_is_told_what_has_changed_and_everything_when_that_is_forgotten()
    {
        using var store = Open();
        for (int i = 0; i < LiveBounds.MaxChanges; i++)
            Put(store, $"{i % 3}", $"{i}");
        Put(store, "0", null);
        var known = store.ReadAsync(LiveVersion.Unknown).Result!.Version;
        LiveRead Since(long number) => store.ReadAsync(known with { Number = number }).Result!;
        Assert.Empty(Since(1_001).Entries);
        Assert.Equal([new LiveEntry(LiveKind.Tenant, "0", 1_001, null)], Since(1_000).Entries);
        Assert.Equal(["2", "1", "0"], Since(1).Entries.Select(entry => entry.Id).OrderDescending());
        Assert.Equal((false, true), (Since(1).IsWhole, Since(0).IsWhole));
        Assert.Equal(["1", "2"], Since(0).Entries.Select(entry => entry.Id).Order());
    }
}
