namespace Weir.Server.Tests.Telemetry;

/// <summary>What others chose is visible in a log, and forges no line.</summary>
public sealed class LogTextTests
{
    [Theory]
    [InlineData("user_123 ~!", "user_123 ~!")]
    [InlineData("Zürich, 東京, Ελλάδα, العربية, 😀", "Zürich, 東京, Ελλάδα, العربية, 😀")]
    [InlineData("a\u202Eb", "a\\u202Eb")]
    [InlineData("a\u2066b\u2069", "a\\u2066b\\u2069")]
    [InlineData("a\u200Bb\u200D\uFEFF", "a\\u200Bb\\u200D\\uFEFF")]
    [InlineData("a\u00ADb", "a\\u00ADb")]
    [InlineData("a\nwarn: forged\r\t", "a\\u000Awarn: forged\\u000D\\u0009")]
    [InlineData("\u001B[31m\u0000\u007F\u0085", "\\u001B[31m\\u0000\\u007F\\u0085")]
    [InlineData("a\u2028b\u2029", "a\\u2028b\\u2029")]
    [InlineData("a\u00A0b\u3000", "a\\u00A0b\\u3000")]
    [InlineData("a\u3164b\u2800", "a\\u3164b\\u2800")]
    [InlineData("a\uFE0Fb", "a\\uFE0Fb")]
    [InlineData("a\U000E0041b", "a\\uDB40\\uDC41b")]
    [InlineData("a\uE000b", "a\\uE000b")]
    public void What_is_invisible_is_escaped(string text, string expected) => Assert.Equal(expected, LogText.Escape(text));

    [Fact]
    public void Half_of_a_surrogate_pair_becomes_the_sign_for_it() => Assert.Equal("a\uFFFDb", LogText.Escape("a\uD800b"));

    [Fact]
    public void A_key_in_a_line_is_escaped_as_in_JSON_too() => Assert.Equal("a\\\"b\\\\c\\u202Ed\\ne", new ShownKeys().InLine("a\"b\\c\u202Ed\ne"));
}
