namespace Weir.Server;

/// <summary>What the parser found at the beginning of the received bytes.</summary>
internal enum RespStatus
{
    /// <summary>A complete command; an empty line is one without arguments.</summary>
    Command,

    Incomplete,

    /// <summary>No command: the connection ends with an error.</summary>
    Broken,
}

/// <summary>The result of <see cref="RespParser.Read"/>.</summary>
internal readonly record struct RespFrame(RespStatus Status, int Bytes, int Count, string? Error)
{
    public static RespFrame Command(int bytes, int count) => new(RespStatus.Command, bytes, count, null);

    public static RespFrame Incomplete(int bytes) => bytes > RespBounds.MaxCommandBytes
        ? Broken($"a command may hold {RespBounds.MaxCommandBytes} bytes at most")
        : new(RespStatus.Incomplete, bytes, 0, null);

    public static RespFrame Broken(string error) => new(RespStatus.Broken, 0, 0, "Protocol error: " + error);
}
