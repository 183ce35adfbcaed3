namespace Weir.Server;

/// <summary>Parses commands of the Redis protocol: arrays of bulk strings, and inline commands. Stateless.</summary>
internal static class RespParser
{
    private const int MaxDigits = 10;

    private enum Reading
    {
        Read,
        Incomplete,
        Wrong,
    }

    public static RespFrame Read(ReadOnlySpan<byte> bytes, Span<RespSpan> arguments) =>
        bytes.IsEmpty ? RespFrame.Incomplete(1)
        : bytes[0] == '*' ? ReadArray(bytes, arguments)
        : InlineCommand.Read(bytes, arguments);

    private static RespFrame ReadArray(ReadOnlySpan<byte> bytes, Span<RespSpan> arguments)
    {
        int at = 1;
        var reading = ReadLength(bytes, ref at, out long count);
        if (reading == Reading.Incomplete)
            return RespFrame.Incomplete(bytes.Length + 1);
        if (reading == Reading.Wrong)
            return RespFrame.Broken("invalid multibulk length");
        if (count > arguments.Length)
            return RespFrame.Broken($"a command may have {arguments.Length} arguments at most");
        for (int i = 0; i < count; i++)
        {
            if (ReadBulk(bytes, ref at, out arguments[i]) is { } unfinished)
                return unfinished;
        }

        return at > RespBounds.MaxCommandBytes
            ? RespFrame.Incomplete(at)
            : RespFrame.Command(at, (int)Math.Max(0, count));
    }

    /// <summary>Reads an argument. Returns null for a complete argument, or else the result of the command.</summary>
    private static RespFrame? ReadBulk(ReadOnlySpan<byte> bytes, ref int at, out RespSpan argument)
    {
        argument = default;
        if (at >= bytes.Length)
            return RespFrame.Incomplete(bytes.Length + 1);
        if (bytes[at] != '$')
            return RespFrame.Broken($"expected '$', got '{Shown(bytes[at])}'");
        at++;
        var reading = ReadLength(bytes, ref at, out long length);
        if (reading == Reading.Incomplete)
            return RespFrame.Incomplete(bytes.Length + 1);
        if (reading == Reading.Wrong || length < 0)
            return RespFrame.Broken("invalid bulk length");
        if (length > RespBounds.MaxArgumentBytes)
            return RespFrame.Broken($"an argument may hold {RespBounds.MaxArgumentBytes} bytes at most");
        argument = new RespSpan(at, (int)length);
        at += (int)length + 2;
        if (at > bytes.Length)
            return RespFrame.Incomplete(at);
        return bytes[at - 2] == '\r' && bytes[at - 1] == '\n'
            ? null
            : RespFrame.Broken("expected a line end after an argument");
    }

    private static Reading ReadLength(ReadOnlySpan<byte> bytes, ref int at, out long length)
    {
        length = 0;
        int i = at;
        bool isNegative = i < bytes.Length && bytes[i] == '-';
        i += isNegative ? 1 : 0;
        int first = i;
        for (; i < bytes.Length && char.IsAsciiDigit((char)bytes[i]); i++)
        {
            if (i - first == MaxDigits)
                return Reading.Wrong;
            length = (length * 10) + bytes[i] - '0';
        }

        if (i == bytes.Length)
            return Reading.Incomplete;
        if (i == first || bytes[i] != '\r')
            return Reading.Wrong;
        if (i + 1 == bytes.Length)
            return Reading.Incomplete;
        at = i + 2;
        length = isNegative ? -length : length;
        return bytes[i + 1] == '\n' ? Reading.Read : Reading.Wrong;
    }

    private static char Shown(byte found) => found is > 0x20 and < 0x7F ? (char)found : '?';
}
