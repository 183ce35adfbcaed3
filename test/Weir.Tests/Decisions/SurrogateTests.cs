namespace Weir.Tests.Decisions;

/// <summary>Half of a surrogate pair has no UTF-8 of its own, so all of them would be one key.</summary>
public sealed class SurrogateTests
{
    // Not the arguments of a theory: attributes are kept in UTF-8, which has no halves.
    private static readonly string[] Broken = ["\uD800", "a\uDC00", "\uDC00\uD800", "😀\uD83D", "\uD83D\uD83D\uDE00"];

    [Fact]
    public void L10_Half_a_pair_is_no_key_and_no_value() => Assert.All(Broken, text =>
    {
        Assert.Equal("key", Bounds.Complaint(new RequestFacts("default", text), 1)?.Field);
        Assert.Equal("attributes.a", Bounds.Complaint(new RequestFacts("default", "k", 1, new Dictionary<string, string> { ["a"] = text }), 1)?.Field);
    });

    [Theory]
    [InlineData("😀")]
    [InlineData("a😀b😀")]
    [InlineData("\uFFFD")]
    public void Whole_pairs_are(string text) => Assert.Null(Bounds.Complaint(new RequestFacts("default", text), 1));
}
