namespace Weir.Server.Tests.Admin;

/// <summary>The entries that an instance knows, and pages of them.</summary>
public sealed class LiveEntriesTests
{
    private readonly LiveEntries _entries = new();
    private long _version;

    private void Apply(bool isWhole, params (string Kind, string Id, string? Value)[] entries) => _entries.Apply(new LiveRead(
        new LiveVersion("test", ++_version), [.. entries.Select(entry => new LiveEntry(entry.Kind, entry.Id, _version, entry.Value))], isWhole));

    private string Page(string kind, string after, int most) =>
        string.Join(" ", _entries.Page(kind, after, most).Select(entry => $"{entry.Id}={entry.Value}"));

    [Fact]
    public void A_page_begins_after_an_id_that_need_not_be_there_and_goes_in_the_order_of_bytes()
    {
        Apply(false, ("tenant", "b", "1"), ("tenant", "a", "2"), ("tenant", "B", "3"), ("key", "a", "4"), ("policies", "", "5"));
        Assert.Equal("B=3 a=2 b=1", Page("tenant", "", 10));
        Assert.Equal("B=3 a=2", Page("tenant", "", 2));
        Assert.Equal("a=2 b=1", Page("tenant", "B", 10));
        Assert.Equal("a=2 b=1", Page("tenant", "C", 10));
        Assert.Equal("", Page("tenant", "b", 10));
        Assert.Equal("", Page("tenant", "c", 10));
        Assert.Equal("", Page("boost", "", 10));
        Assert.Equal("=5", Page("policies", "", 10));
        Assert.Equal((3, 5), (_entries.CountOf("tenant"), _entries.Count));
    }

    [Fact]
    public void Changes_in_any_order_end_as_a_whole_read_of_the_same()
    {
        var random = new Random(3);
        var known = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < 2_000; i++)
        {
            string id = $"{random.Next(100)}";
            string? value = random.Next(3) == 0 ? null : $"{i}";
            Apply(false, ("tenant", id, value));
            known.Remove(id);
            if (value is not null)
                known[id] = value;
            if (i % 100 != 0)
                continue;
            string expected = string.Join(" ", known.Select(entry => $"{entry.Key}={entry.Value}"));
            Assert.Equal((expected, known.Count), (Page("tenant", "", 1_000), _entries.Count));
            Apply(true, [.. known.Select(entry => ("tenant", entry.Key, (string?)entry.Value))]);
            Assert.Equal((expected, known.Count), (Page("tenant", "", 1_000), _entries.Count));
        }
    }
}
