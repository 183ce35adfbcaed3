namespace Weir.Server;

/// <summary>Status of the first command in the received bytes.</summary>
internal enum RespStatus
{
    /// <summary>A complete command. An empty line is a command without arguments.</summary>
    Command,

    Incomplete,

    /// <summary>Invalid bytes. The connection ends with an error.</summary>
    Broken,
}

/// <summary>Result of <see cref="RespParser.Read"/>: status, bytes used or needed, argument count, error.</summary>
internal readonly record struct RespFrame(RespStatus Status, int Bytes, int Count, string? Error)
{
    public static RespFrame Command(int bytes, int count) => new(RespStatus.Command, bytes, count, null);

    public static RespFrame Incomplete(int bytes) => bytes > RespBounds.MaxCommandBytes
        ? Broken($"a command may hold {RespBounds.MaxCommandBytes} bytes at most")
        : new(RespStatus.Incomplete, bytes, 0, null);

    public static RespFrame Broken(string error) => new(RespStatus.Broken, 0, 0, "Protocol error: " + error);
}
