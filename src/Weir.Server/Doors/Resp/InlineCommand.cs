namespace Weir.Server;

// Reads an inline command, as people type it: CL.THROTTLE "user 1" 15 30 60. A word with spaces needs quotes; escapes
// are not supported.
internal static class InlineCommand
{
    public static RespFrame Read(ReadOnlySpan<byte> bytes, Span<RespSpan> arguments)
    {
        int end = bytes.IndexOf((byte)'\n');
        if (end < 0)
            return RespFrame.Incomplete(bytes.Length + 1);
        if (end >= RespBounds.MaxCommandBytes)
            return RespFrame.Incomplete(end + 1);
        var line = bytes[..(end > 0 && bytes[end - 1] == '\r' ? end - 1 : end)];
        int count = 0;
        for (int at = 0; SkipSpaces(line, ref at);)
        {
            if (count == arguments.Length)
                return RespFrame.Broken($"a command may have {arguments.Length} arguments at most");
            if (!TryReadWord(line, ref at, out arguments[count++]))
                return RespFrame.Broken("unbalanced quotes in request");
        }

        return RespFrame.Command(end + 1, count);
    }

    private static bool SkipSpaces(ReadOnlySpan<byte> line, ref int at)
    {
        while (at < line.Length && IsSpace(line[at]))
            at++;
        return at < line.Length;
    }

    private static bool TryReadWord(ReadOnlySpan<byte> line, ref int at, out RespSpan word)
    {
        byte quote = line[at];
        bool isQuoted = quote is (byte)'"' or (byte)'\'';
        int start = isQuoted ? at + 1 : at, end = start;
        while (end < line.Length && !(isQuoted ? line[end] == quote : IsSpace(line[end])))
            end++;
        word = new RespSpan(start, end - start);
        at = isQuoted ? end + 1 : end;
        return !isQuoted || (end < line.Length && (at == line.Length || IsSpace(line[at])));
    }

    private static bool IsSpace(byte sign) => sign is (byte)' ' or (byte)'\t' or (byte)'\r' or 0;
}
