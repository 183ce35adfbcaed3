using System.Buffers.Text;
using System.Text;

namespace Weir.Cli.Load;

/// <summary>Parses an HTTP/1.1 response. Searches the body without parsing JSON, to save processor time.</summary>
internal static class AnswerReader
{
    private const int StatusOffset = 9;

    /// <summary>Reads a response; false if incomplete. <paramref name="close"/>: the server will disconnect.</summary>
    public static bool TryRead(ReadOnlySpan<byte> data, out Answer answer, out bool close)
    {
        answer = default;
        close = false;
        int head = data.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return false;
        if (head < StatusOffset + 3 || !data.StartsWith("HTTP/1."u8) || !Utf8Parser.TryParse(data.Slice(StatusOffset, 3), out int status, out _))
        {
            answer = new Answer(AnswerKind.Malformed, AnswerSource.None, 0);
            close = true;
            return true;
        }

        var rest = data[(head + 4)..];
        var framing = ReadHeaders(data[..(head + 2)], out close);
        if (!IsWhole(rest, framing))
            return false;
        answer = Judge(status, framing == Chunked ? rest : rest[..framing]);
        return true;
    }

    private const int Chunked = -1;

    private static bool IsWhole(ReadOnlySpan<byte> body, int framing) =>
        framing == Chunked ? body.StartsWith("0\r\n\r\n"u8) || body.EndsWith("\r\n0\r\n\r\n"u8) : body.Length >= framing;

    private static Answer Judge(int status, ReadOnlySpan<byte> body)
    {
        var source = body.IndexOf("\"source\":\"redis\""u8) >= 0 ? AnswerSource.Redis
            : body.IndexOf("\"source\":\"memory\""u8) >= 0 ? AnswerSource.Memory
            : AnswerSource.None;
        var kind = status switch
        {
            200 when source != AnswerSource.None && body.IndexOf("\"allowed\":true"u8) >= 0 => AnswerKind.Allowed,
            429 when source != AnswerSource.None && body.IndexOf("\"allowed\":false"u8) >= 0 => AnswerKind.Denied,
            200 or 429 => AnswerKind.Malformed,
            _ => AnswerKind.WrongStatus,
        };
        return new Answer(kind, source, status);
    }

    /// <summary>Returns the body length or <see cref="Chunked"/>; 0 if neither header is present.</summary>
    private static int ReadHeaders(ReadOnlySpan<byte> head, out bool close)
    {
        int framing = 0;
        close = false;
        for (int end = head.IndexOf("\r\n"u8); end >= 0; end = head.IndexOf("\r\n"u8))
        {
            var line = head[..end];
            head = head[(end + 2)..];
            if (ValueOf(line, "content-length:"u8) is { Length: > 0 } length && Utf8Parser.TryParse(length, out int bytes, out _) && bytes >= 0)
                framing = bytes;
            else if (ValueOf(line, "transfer-encoding:"u8) is { Length: > 0 })
                framing = Chunked;
            else if (ValueOf(line, "connection:"u8) is { Length: > 0 } connection)
                close = Ascii.EqualsIgnoreCase(connection, "close"u8);
        }

        return framing;
    }

    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length > name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;
}
