using CsCheck;

namespace Weir.Tests.Top;

/// <summary>Tenants that compete for counters: what is said of each one's keys stays true, and what may be missing is said.</summary>
public sealed class TopWindowTests
{
    private static readonly Gen<(int Tenants, int Keys, (int Tenant, int Key, int Amount)[] Takes)> Streams = Gen.Select(
        Gen.Int[1, 6], Gen.Int[1, 6], Gen.Select(Few(12), Few(12), Gen.Int[1, 5]).Array[0, 600]).Select(drawn => (drawn.Item1, drawn.Item2, drawn.Item3));

    [Fact]
    public void Of_each_tenant_the_truth_lies_between_count_less_error_and_count_and_what_was_missed() => Gen.Select(Streams, Streams).Sample((first, second) =>
    {
        var (before, now) = (Count(first), Count(second));
        foreach (int tenant in Enumerable.Range(0, 12))
        {
            int[] keys = [.. first.Takes.Concat(second.Takes).Where(take => take.Tenant == tenant).SelectMany(take => Enumerable.Repeat(take.Key, take.Amount))];
            var keysBefore = before.KeysOf($"t{tenant}", (ulong)tenant, out long missedBefore);
            var keysNow = now.KeysOf($"t{tenant}", (ulong)tenant, out long missedNow);

            var list = TopList.Of(DateTimeOffset.UnixEpoch, missedBefore + missedNow, keysBefore, keysNow);

            Assert.InRange(keys.Length, list.Total, list.Total + list.Missed);
            foreach (var entry in list.Entries)
            {
                Assert.InRange(keys.Count(key => entry.Name == $"k{key}"), entry.Count - entry.Error, entry.Count + list.Missed);
                Assert.InRange(entry.Error, 0, list.MostError);
            }

            Assert.All(
                keys.GroupBy(key => key).Where(key => key.Count() > list.MostError + list.Missed),
                key => Assert.Contains(list.Entries, entry => entry.Name == $"k{key.Key}"));
        }
    });

    /// <summary>Numbers of which the low ones are drawn more often.</summary>
    private static Gen<int> Few(int most) => Gen.Double[0, 1].Select(draw => Math.Min(most - 1, (int)(draw * draw * draw * most)));

    private static TopWindow Count((int Tenants, int Keys, (int Tenant, int Key, int Amount)[] Takes) stream)
    {
        var window = new TopWindow(stream.Tenants, stream.Keys);
        foreach (var (tenant, key, amount) in stream.Takes)
            window.Add(new TopRecord($"t{tenant}", $"k{key}", (ulong)tenant, (ulong)key, Allowed: true, Amount: amount));
        return window;
    }
}
