using System.Text;

namespace Weir.Tests.Decisions;

/// <summary>What is kept of a reservation in Redis, where others may have written something else.</summary>
public sealed class KeptReservationTests
{
    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("""{"Key":null,"Cost":1,"Attributes":null,"Limits":[],"Holder":"h","Token":"t"}""")]
    [InlineData("""{"Key":"k","Cost":1,"Attributes":null,"Limits":null,"Holder":"h","Token":"t"}""")]
    [InlineData("""{"Key":"k","Cost":"one","Attributes":null,"Limits":[],"Holder":"h","Token":"t"}""")]
    [InlineData("""{"Key":"k","Cost":1,"Attributes":null,"Limits":[]}""")]
    public void What_is_none_is_read_as_none(string text) =>
        Assert.Null(KeptReservation.FromBytes(Encoding.UTF8.GetBytes(text), privacy: null));

    [Theory]
    [InlineData(null)]
    [InlineData(0L)]
    [InlineData(Bounds.MaxCost)]
    public void It_is_read_as_it_was_written(long? tokens)
    {
        var costs = tokens is { } cost ? new Dictionary<string, long> { ["tokens"] = cost } : null;
        var kept = new KeptReservation("k", 3, null, ["l"], "holder", "token", costs);
        var read = KeptReservation.FromBytes(kept.ToBytes(privacy: null), privacy: null)!;
        Assert.Equal(
            ("k", 3L, null, "l", "holder", "token"),
            (read.Key, read.Cost, read.Attributes, Assert.Single(read.Limits), read.Holder, read.Token));
        Assert.Equal(costs, read.Costs);
        // Without costs in other units it is as long as it was before there were any.
        Assert.Equal(tokens is not null, Encoding.UTF8.GetString(kept.ToBytes(privacy: null)).Contains("Costs", StringComparison.Ordinal));
    }
}
