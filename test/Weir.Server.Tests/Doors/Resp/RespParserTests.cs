using System.Text;
using CsCheck;

namespace Weir.Server.Tests.Doors.Resp;

public sealed class RespParserTests
{
    private const string Signs = "*$-0123456789\r\n\"' a";

    private static readonly Gen<string[]> Words = Gen.String[Gen.Char[' ', 'ÿ'], 0, 40].Array[1, 12];

    [Fact]
    public void A_command_is_read_from_its_bytes_and_from_no_part_of_them() => Words.Sample(words =>
    {
        byte[] bytes = Encoding.UTF8.GetBytes(RespRig.Spell(words));
        for (int length = 0; length < bytes.Length; length++)
        {
            var part = Read(bytes.AsSpan(0, length), out _);
            Assert.Equal(RespStatus.Incomplete, part.Status);
            Assert.InRange(part.Bytes, length + 1, bytes.Length);
        }

        Assert.Equal(RespFrame.Command(bytes.Length, words.Length), Read(bytes, out string[] read));
        Assert.Equal(words, read);
        Assert.Equal(RespFrame.Command(bytes.Length, words.Length), Read([.. bytes, .. "*1\r\n"u8], out _));
    });

    [Fact]
    public void Any_bytes_are_a_command_or_an_error_or_need_more()
    {
        var signs = Gen.OneOf(Gen.Int[0, Signs.Length - 1].Select(i => (byte)Signs[i]), Gen.Byte);
        signs.Array[0, 60].Sample(bytes =>
        {
            var frame = Read(bytes, out _);
            if (frame.Status == RespStatus.Command)
                Assert.InRange(frame.Bytes, 1, bytes.Length);
            else if (frame.Status == RespStatus.Incomplete)
                Assert.InRange(frame.Bytes, bytes.Length + 1, RespBounds.MaxCommandBytes);
            else
                Assert.StartsWith("Protocol error: ", frame.Error, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("PING\r\n", "PING")]
    [InlineData("PING\n", "PING")]
    [InlineData("  echo  a\tb \r\n", "echo|a|b")]
    [InlineData("ECHO \"a b\" 'c \"d'\r\n", "ECHO|a b|c \"d")]
    [InlineData("ECHO \"\"\r\n", "ECHO|")]
    [InlineData("\r\n", "")]
    public void A_line_of_words_is_a_command(string line, string words)
    {
        var frame = Read(Encoding.UTF8.GetBytes(line), out string[] read);
        Assert.Equal((RespStatus.Command, line.Length), (frame.Status, frame.Bytes));
        Assert.Equal(words, string.Join('|', read));
    }

    [Theory]
    [InlineData("*0\r\n")]
    [InlineData("*-1\r\n")]
    public void An_array_without_arguments_is_empty(string text) =>
        Assert.Equal(RespFrame.Command(text.Length, 0), Read(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("*x\r\n", "invalid multibulk length")]
    [InlineData("*99999999999\r\n", "invalid multibulk length")]
    [InlineData("*129\r\n", "a command may have 128 arguments at most")]
    [InlineData("*1\r\n:1\r\n", "expected '$', got ':'")]
    [InlineData("*1\r\n$-1\r\n", "invalid bulk length")]
    [InlineData("*1\r\n$4097\r\n", "an argument may hold 4096 bytes at most")]
    [InlineData("*1\r\n$1\r\nabc", "expected a line end after an argument")]
    [InlineData("ECHO \"a\r\n", "unbalanced quotes in request")]
    [InlineData("ECHO \"a\"b\r\n", "unbalanced quotes in request")]
    public void Other_bytes_are_an_error_that_says_why(string text, string error) => Assert.Equal(
        RespFrame.Broken(error), Read(Encoding.UTF8.GetBytes(text), out _));

    [Fact]
    public void L10_a_command_of_the_largest_size_is_read_and_a_larger_one_is_an_error()
    {
        string[] fits = [.. Enumerable.Repeat(new string('a', RespBounds.MaxArgumentBytes), 3)];
        Assert.Equal(RespStatus.Command, Read(Encoding.UTF8.GetBytes(RespRig.Spell(fits)), out _).Status);
        string[] tooLong = [.. Enumerable.Repeat(new string('a', RespBounds.MaxArgumentBytes), 4)];
        Assert.Equal(RespStatus.Broken, Read(Encoding.UTF8.GetBytes(RespRig.Spell(tooLong)), out _).Status);
        Assert.Equal(RespStatus.Broken, Read(new byte[RespBounds.MaxCommandBytes], out _).Status);
    }

    private static RespFrame Read(ReadOnlySpan<byte> bytes, out string[] words)
    {
        var spans = new RespSpan[RespBounds.MaxArguments];
        var frame = RespParser.Read(bytes, spans);
        words = new string[frame.Count];
        for (int i = 0; i < words.Length; i++)
            words[i] = Encoding.UTF8.GetString(bytes.Slice(spans[i].Start, spans[i].Length));
        return frame;
    }
}
