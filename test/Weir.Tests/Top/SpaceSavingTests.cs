using CsCheck;
using Weir.Testing;

namespace Weir.Tests.Top;

/// <summary>The guarantees of Space-Saving, against a plain count of everything.</summary>
public sealed class SpaceSavingTests
{
    /// <summary>Streams of names drawn by Zipf's law, from nearly even to very uneven, and how many counters there are for them.</summary>
    private static readonly Gen<(int Counters, int[] Names)> Streams = Gen.Select(
        Gen.Int[1, 40], Gen.Double[0, 2], Gen.Int[1, 300], Gen.Double[0, 1].Array[0, 2_000]).Select(drawn =>
        {
            var (counters, skew, names, draws) = drawn;
            double[] upTo = new double[names];
            for (int i = 0; i < names; i++)
                upTo[i] = (i == 0 ? 0 : upTo[i - 1]) + Math.Pow(i + 1, -skew);
            return (counters, Array.ConvertAll(draws, draw => Math.Min(names - 1, Array.FindIndex(upTo, sum => draw * upTo[^1] <= sum))));
        });

    [Fact]
    public void The_truth_lies_between_count_less_error_and_count_and_what_is_frequent_has_a_counter() => Streams.Sample(stream =>
    {
        var sketch = new SpaceSaving(stream.Counters);
        foreach (int name in stream.Names)
            Add(sketch, name);
        AssertHolds(sketch, stream.Names, stream.Counters);
    });

    [Fact]
    public void Cleared_it_is_as_new() => Streams.Sample(stream =>
    {
        var sketch = new SpaceSaving(stream.Counters);
        for (int round = 0; round < 2; round++)
        {
            sketch.Clear();
            Assert.Equal((0, 0L, 0L), (sketch.Counters.Length, sketch.Total, sketch.Least));
            foreach (int name in stream.Names)
                Add(sketch, name);
            AssertHolds(sketch, stream.Names, stream.Counters);
        }
    });

    [Fact]
    public void Two_windows_are_one_list_with_the_same_guarantees() => Gen.Select(Streams, Streams).Sample((first, second) =>
    {
        var (before, now) = (new SpaceSaving(first.Counters), new SpaceSaving(second.Counters));
        Array.ForEach(first.Names, name => Add(before, name));
        Array.ForEach(second.Names, name => Add(now, name));

        var list = TopList.Of(DateTimeOffset.UnixEpoch, 0, before, now);

        var truth = Truth([.. first.Names, .. second.Names]);
        Assert.Equal(first.Names.Length + second.Names.Length, list.Total);
        foreach (var entry in list.Entries)
            AssertEntry(truth, entry.Name, entry.Count, entry.Error, list.MostError);
        Assert.All(truth.Where(name => name.Value > list.MostError), name => Assert.Contains(list.Entries, entry => entry.Name == name.Key));
        Assert.Equal(list.Entries.OrderByDescending(entry => entry.Count).Select(entry => entry.Count), list.Entries.Select(entry => entry.Count));
    });

    [Fact]
    public void Names_whose_hashes_meet_are_still_told_apart()
    {
        var sketch = new SpaceSaving(3);
        foreach (string name in new[] { "a", "b", "a", "c", "a", "d", "b" })
            sketch.Add(name, hash: 7, amount: 1, out _);

        Assert.Equal(["a 3-0", "b 2-1", "d 2-1"], Lines(sketch).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Counting_allocates_nothing()
    {
        var sketch = new SpaceSaving(64);
        string[] names = [.. Enumerable.Range(0, 1_000).Select(i => $"n{i}")];
        long bytes = Allocated.ByRunning(() =>
        {
            for (int i = 0; i < 100_000; i++)
                sketch.Add(names[i % names.Length], (ulong)(i % names.Length), 1, out _);
        });
        Assert.Equal(0, bytes);
    }

    private static void AssertHolds(SpaceSaving sketch, int[] names, int counters)
    {
        var truth = Truth(names);
        Assert.Equal(names.Length, sketch.Total);
        Assert.True(sketch.Counters.Length <= counters);
        foreach (ref readonly var counter in sketch.Counters)
            AssertEntry(truth, counter.Name, counter.Count, counter.Error, names.Length / counters);
        foreach (var (name, count) in truth)
        {
            if (count > names.Length / counters)
                Assert.True(sketch.SlotOf(name, HashOf(name)) >= 0, $"{name} occurred {count} times of {names.Length} and has no counter");
            else if (sketch.SlotOf(name, HashOf(name)) < 0)
                Assert.True(count <= sketch.Least);
        }
    }

    private static void AssertEntry(Dictionary<string, int> truth, string name, long count, long error, long mostError)
    {
        int times = truth.GetValueOrDefault(name);
        Assert.True(count - error <= times && times <= count, $"{name} occurred {times} times, and was counted {count} with an error of {error}");
        Assert.InRange(error, 0, mostError);
    }

    private static Dictionary<string, int> Truth(int[] names) => names.GroupBy(name => $"n{name}").ToDictionary(group => group.Key, group => group.Count());

    private static void Add(SpaceSaving sketch, int name) => sketch.Add($"n{name}", HashOf($"n{name}"), 1, out _);

    /// <summary>Few hashes, so that many names hang on one.</summary>
    private static ulong HashOf(string name) => (ulong)(name.Length * 31 + name[^1]) % 17;

    private static List<string> Lines(SpaceSaving sketch)
    {
        var lines = new List<string>();
        foreach (ref readonly var counter in sketch.Counters)
            lines.Add($"{counter.Name} {counter.Count}-{counter.Error}");
        return lines;
    }
}
