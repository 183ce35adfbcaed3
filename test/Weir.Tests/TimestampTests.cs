namespace Weir.Tests;

public sealed class TimestampTests
{
    [Theory]
    [InlineData("2030-01-31T12:00:00Z", "2030-01-31T12:00:00")]
    [InlineData("2030-01-31T12:00:00.5Z", "2030-01-31T12:00:00.5")]
    [InlineData("2030-01-31T12:00:00+14:00", "2030-01-30T22:00:00")]
    [InlineData("2030-01-31T12:00:00.1234567-05:30", "2030-01-31T17:30:00.1234567")]
    [InlineData("2030-01-31T12:00:00-00:00", "2030-01-31T12:00:00")]
    [InlineData("2030-01-31t12:00:00z", "2030-01-31T12:00:00")]
    [InlineData("2030-01-31T12:00:00.123456789Z", "2030-01-31T12:00:00.1234567")]
    [InlineData("2030-01-31T12:00:00.9999999999999+01:00", "2030-01-31T11:00:00.9999999")]
    public void A_time_with_an_offset_is_read(string text, string utc)
    {
        Assert.True(Timestamp.TryParse(text, out var time));
        Assert.Equal(DateTime.Parse(utc, System.Globalization.CultureInfo.InvariantCulture), time.UtcDateTime);
    }

    [Theory]
    [InlineData("2030-01-31T12:00:00")]
    [InlineData("2030-01-31T12:00:00.5")]
    [InlineData("2030-01-31T12:00")]
    [InlineData("2030-01-31 12:00:00Z")]
    [InlineData("2030-01-31T12:00:00z ")]
    [InlineData("2030-02-30T12:00:00Z")]
    [InlineData("2030-01-31T24:00:00Z")]
    [InlineData("2030-01-31T12:00:00+0100")]
    [InlineData("2030-01-31T12:00:00+15:00")]
    [InlineData("2030-01-31T12:00:00.123456789")]
    [InlineData("2030-01-31T12:00:00.Z")]
    [InlineData("31.01.2030")]
    [InlineData("")]
    public void Anything_else_is_none(string text) => Assert.False(Timestamp.TryParse(text, out _));

    [Theory]
    [InlineData("2030-01-31T12:00Z", "is a time without seconds; write it as 2030-01-31T12:00:00Z")]
    [InlineData("2030-01-31T12:00+01:00", "is a time without seconds; write it as 2030-01-31T12:00:00Z")]
    [InlineData("2030-01-31T12:00", "is not a time with an offset from UTC; write it as 2030-01-31T12:00:00Z")]
    [InlineData("tomorrow", "is not a time with an offset from UTC; write it as 2030-01-31T12:00:00Z")]
    public void The_fault_says_what_is_missing(string text, string fault) => Assert.Equal(fault, Timestamp.FaultOf(text));
}
