using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Weir.Testing;

namespace Weir.Server.Tests.Telemetry;

public sealed class LineFormatterTests
{
    [Fact]
    public void An_event_is_one_line_with_time_level_category_and_number() =>
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z warn: Weir\.Server\.X\[7\] hello\n$", Write(LogLevel.Warning, "hello", null));

    [Theory]
    [InlineData("a\nwarn: forged", "a warn: forged")]
    [InlineData("a\r\nb", "a b")]
    [InlineData("a\u202Eb\u200B", "a\\u202Eb\\u200B")]
    [InlineData("\u001B[2J", "\\u001B[2J")]
    public void Nothing_in_a_message_forges_or_reorders_a_line(string message, string shown) =>
        Assert.EndsWith($"[7] {shown}\n", Write(LogLevel.Information, message, null), StringComparison.Ordinal);

    [Fact]
    public void An_exception_stands_in_the_same_line() =>
        Assert.EndsWith("[7] failed System.InvalidOperationException: first second\n", Write(LogLevel.Error, "failed", new InvalidOperationException("first\nsecond")), StringComparison.Ordinal);

    private static string Write(LogLevel level, string message, Exception? exception)
    {
        using var text = new StringWriter { NewLine = "\n" };
        var entry = new LogEntry<string>(level, "Weir.Server.X", new EventId(7), message, exception, (state, _) => state);
        new LineFormatter(Some.Clock()).Write(entry, null, text);
        return text.ToString();
    }
}
