namespace Weir.Server;

internal readonly record struct HelloOptions(int Protocol, int Secret, int Name)
{
    public static string? Read(RespArguments arguments, out HelloOptions options)
    {
        options = new(0, -1, -1);
        if (arguments.Count == 1)
            return null;
        if (!arguments.TryReadNumber(1, out long protocol))
            return "ERR Protocol version is not an integer or out of range";
        if (protocol is not (2 or 3))
            return "NOPROTO unsupported protocol version; use 2 or 3";
        options = options with { Protocol = (int)protocol };
        for (int at = 2; at < arguments.Count;)
        {
            if (arguments.Is(at, "AUTH"u8) && at + 2 < arguments.Count)
                (options, at) = (options with { Secret = at + 2 }, at + 3);
            else if (arguments.Is(at, "SETNAME"u8) && at + 1 < arguments.Count)
                (options, at) = (options with { Name = at + 1 }, at + 2);
            else
                return $"ERR Syntax error in HELLO option '{arguments.Shown(at)}'";
        }

        return options.Name >= 0 ? FaultOfName(arguments[options.Name]) : null;
    }

    public static string? FaultOfName(ReadOnlySpan<byte> name) =>
        name.Length > RespBounds.MaxNameBytes || name.ContainsAnyExceptInRange((byte)'!', (byte)'~')
            ? "ERR Client names cannot contain spaces, newlines or special characters, and hold "
                + $"{RespBounds.MaxNameBytes} bytes at most"
            : null;
}
