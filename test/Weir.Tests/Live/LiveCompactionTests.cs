using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Live;

/// <summary>The file of live data is rewritten when it has grown, and is whole at every moment.</summary>
public sealed class LiveCompactionTests : IDisposable
{
    private const int Long = 60_000;

    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = Some.Clock();

    private string LivePath => _folder.File("live.weir");

    public void Dispose() => _folder.Dispose();

    private FileLiveStore Open() => new(LivePath, _time);

    private static void Put(FileLiveStore store, string id, string? value, string who = LiveBounds.Expiry) =>
        Assert.Equal(LiveOutcome.Written, store.WriteAsync(LiveKind.Tenant, id, value, who, null, LiveVersion.Unknown).Result.Outcome);

    private static Dictionary<string, string?> Entries(FileLiveStore store) =>
        store.ReadAsync(LiveVersion.Unknown).Result!.Entries.ToDictionary(entry => entry.Id, entry => entry.Value);

    private static string Text(int number) => $"{number}".PadRight(Long, '.');

    [Fact]
    public async Task L10_the_file_is_never_much_longer_than_twice_what_it_holds()
    {
        using var store = Open();
        // 10 entries of 60 KB, changed again and again: 12 MB of changes.
        for (int i = 0; i < 200; i++)
        {
            Put(store, $"{i % 10}", Text(i));
            await store.Compaction;
            Assert.InRange(new FileInfo(LivePath).Length, 0, (2 * 10 * Long) + (2 << 20));
        }

        var entries = Entries(store);
        store.Dispose();
        using var again = Open();
        Assert.Equal(entries, Entries(again));
        Assert.Equal(Text(199), entries["9"]);
        Assert.Equal(200, again.ReadAsync(LiveVersion.Unknown).Result!.Version.Number);
        Assert.False(File.Exists(LivePath + ".new"));
    }

    [Theory]
    [InlineData("Dear reader")]
    [InlineData("defaultPlan: free")]
    [InlineData("0123456789abcdef and more")]
    public void A_file_of_something_else_in_the_place_of_the_new_file_stops_the_start_and_stays(string text)
    {
        File.WriteAllText(LivePath + ".new", text);

        Assert.Contains("has a companion, of the ending .new, that is no live data", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        Assert.Equal(text, File.ReadAllText(LivePath + ".new"));
    }

    [Fact]
    public async Task Changes_while_the_file_is_compacted_are_in_it_after_a_crash()
    {
        var known = new Dictionary<string, string?>();
        using (var store = Open())
        {
            for (int i = 0; i < 300; i++)
            {
                Put(store, $"{i % 50}", Text(i));
                known[$"{i % 50}"] = Text(i);
                if (i % 7 == 0)
                    await store.Compaction;
            }

            // As a crash leaves it, be a compaction under way or not.
            File.Copy(LivePath, LivePath + ".crashed");
            await store.Compaction;
        }

        File.Move(LivePath + ".crashed", LivePath, overwrite: true);
        using var again = Open();
        Assert.Equal(known, Entries(again));
    }

    [Fact]
    public async Task Trail_and_texts_are_as_they_were_after_a_compaction()
    {
        static async Task<string> Told(FileLiveStore store)
        {
            var trail = (await store.AuditAsync(long.MaxValue, 2_000))!;
            var texts = await Task.WhenAll(trail.Select(change => store.RecallAsync(change.Version)));
            return $"{trail.Count}: {string.Join(' ', trail)} {string.Join(' ', texts.Select(text => text?.Value is { } value ? value[..8] : text is null ? "none" : "gone"))}";
        }

        string told;
        using (var store = Open())
        {
            for (int i = 0; i < 1_200; i++)
                Put(store, i % 21 == 20 ? $"{(i - 1) % 20}" : $"{i % 20}", i % 21 == 20 ? null : Text(i)[..2_000], i % 5 == 0 ? LiveBounds.Expiry : "me");
            await store.Compaction;
            told = await Told(store);
        }

        Assert.StartsWith("1000: ", told, StringComparison.Ordinal);
        Assert.StartsWith("begin\t", File.ReadLines(LivePath).First()[17..], StringComparison.Ordinal);
        Assert.NotEqual("begin\t0\t1\t0", File.ReadLines(LivePath).First()[17..]);
        using var again = Open();
        Assert.Equal(told, await Told(again));
    }

    [Fact]
    public async Task A_compaction_that_fails_is_told_of_and_the_file_goes_on()
    {
        using (var store = Open())
        {
            Directory.CreateDirectory(LivePath + ".new");
            for (int i = 0; i < 40; i++)
                Put(store, "acme", Text(i));
            await store.Compaction;
            Assert.StartsWith($"{LivePath}: it cannot be compacted, and grows: ", store.Fault, StringComparison.Ordinal);
            Directory.Delete(LivePath + ".new");
            for (int i = 0; i < 40; i++)
                Put(store, "acme", Text(i));
            // What was written during the last compaction is compacted by the next.
            await store.Compaction;
            Put(store, "acme", Text(39));
            await store.Compaction;
            Assert.Null(store.Fault);
        }

        Assert.InRange(new FileInfo(LivePath).Length, 0, 2 << 20);
        using var again = Open();
        Assert.Equal(Text(39), Entries(again)["acme"]);
    }

    [Fact]
    public void What_a_compaction_has_left_unfinished_is_written_over()
    {
        using (var store = Open())
            Put(store, "acme", "1");
        File.WriteAllBytes(LivePath + ".new", File.ReadAllBytes(LivePath)[..30]);
        using (var store = Open())
        {
            for (int i = 0; i < 40; i++)
                Put(store, "acme", Text(i));
        }

        using var again = Open();
        Assert.Equal(Text(39), Entries(again)["acme"]);
        Assert.False(File.Exists(LivePath + ".new"));
    }

    [Fact]
    public void A_snapshot_that_lacks_a_line_stops_the_start_and_the_word_lost_stands_for_one()
    {
        LiveEntry[] entries = [.. Enumerable.Range(1, 3).Select(i => new LiveEntry(LiveKind.Tenant, $"{i}", i, "v"))];
        LiveLog.Create(LivePath, new LiveSnapshot(3, entries, [], [])).Dispose();
        using (var store = Open())
            Put(store, "acme", "v");
        string[] lines = File.ReadAllLines(LivePath);

        File.WriteAllLines(LivePath, lines[..3]);
        Assert.StartsWith($"{LivePath}: the file of live data ends after 2 of the 3 lines of its snapshot", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        File.WriteAllLines(LivePath, [.. lines[..3], lines[4]]);
        Assert.StartsWith($"{LivePath}: line 4 is damaged: it is of the type change, and stands in a snapshot", Assert.Throws<IOException>(Open).Message, StringComparison.Ordinal);
        File.WriteAllLines(LivePath, [.. lines[..3], "lost", lines[4]]);
        using var again = Open();
        Assert.Equal(["1", "2", "acme"], Entries(again).Keys.Order());
    }
}
