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

    [Fact]
    public void It_is_read_as_it_was_written()
    {
        var kept = new KeptReservation("k", 3, null, ["l"], "holder", "token");
        var read = KeptReservation.FromBytes(kept.ToBytes(privacy: null), privacy: null)!;
        Assert.Equal(
            ("k", 3L, null, "l", "holder", "token"),
            (read.Key, read.Cost, read.Attributes, Assert.Single(read.Limits), read.Holder, read.Token));
    }
}
