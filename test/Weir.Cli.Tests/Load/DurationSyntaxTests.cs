using Weir.Cli.Load;

namespace Weir.Cli.Tests;

public sealed class DurationSyntaxTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h", 3_600_000)]
    [InlineData("0s", 0)]
    public void A_number_with_a_unit_is_a_duration(string text, double milliseconds)
    {
        Assert.True(DurationSyntax.TryParse(text, out var duration));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("ten s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1 s")]
    [InlineData("1e3s")]
    [InlineData("1,5s")]
    [InlineData("10S")]
    [InlineData("10sec")]
    [InlineData("NaNs")]
    [InlineData("25h")]
    [InlineData("99999999999999999999999999h")]
    public void Anything_else_is_not(string text) => Assert.False(DurationSyntax.TryParse(text, out _));

    [Theory]
    [InlineData("0s")]
    [InlineData("1ms")]
    [InlineData("500ms")]
    [InlineData("1.5s")]
    [InlineData("90s")]
    [InlineData("2m")]
    public void What_is_written_is_read_again(string text)
    {
        Assert.True(DurationSyntax.TryParse(text, out var duration));
        Assert.Equal(text, DurationSyntax.Write(duration));
    }
}
