using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Net.Http.Headers;

namespace Weir.Server;

internal static class JsonBody
{
    private const string Json = "application/json";

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a JSON body. Returns null after it has answered an error. A batch is parsed in a turn.</summary>
    public static async ValueTask<T?> ReadAsync<T>(HttpContext http, int limit, BatchTurns? turns = null)
        where T : class
    {
        if (!IsJson(http.Request))
        {
            await Problems.WrongMediaType(http);
            return null;
        }

        return await ReadAsync(http, limit, static bytes => Parse(bytes, StrictJson<T>.Type), turns);
    }

    public static async ValueTask<T?> ReadAsync<T>(HttpContext http, int limit, Func<ReadOnlySequence<byte>, (T? Body, Complaint? Complaint)> parse, BatchTurns? turns = null)
        where T : class
    {
        if (IsEncoded(http.Request))
        {
            await Problems.WrongEncoding(http);
            return null;
        }

        if (http.Request.ContentLength > limit)
        {
            await Problems.TooLarge(http, limit);
            return null;
        }

        try
        {
            var (body, complaint) = await ReadAndParseAsync(http, parse, limit, turns);
            if (complaint is not null)
                await Problems.BadRequest(http, complaint);
            else if (body is null)
                await Problems.TooLarge(http, limit);
            return body;
        }
        catch (BadHttpRequestException refused)
        {
            // The body ended early, arrived too slowly or had invalid chunks, so close the connection.
            http.Response.Headers.Connection = "close";
            await (refused.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? Problems.TooLarge(http, limit)
                : Problems.BadRequest(http, new Complaint("body", $"the body could not be read: {refused.Message}")));
            return null;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // The client has disconnected, so it needs neither an answer nor a log line.
            http.Abort();
            return null;
        }
    }

    private static async ValueTask<(T? Body, Complaint? Complaint)> ReadAndParseAsync<T>(
        HttpContext http, Func<ReadOnlySequence<byte>, (T? Body, Complaint? Complaint)> parse, int limit, BatchTurns? turns)
        where T : class
    {
        var reader = http.Request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(http.RequestAborted);
            var buffer = read.Buffer;
            if (buffer.Length > limit)
            {
                reader.AdvanceTo(buffer.End);
                return (null, null);
            }

            if (read.IsCompleted)
            {
                using BatchTurns.Turn? turn = turns is null ? null : await turns.TakeAsync();
                var parsed = parse(buffer);
                reader.AdvanceTo(buffer.End);
                return parsed;
            }

            reader.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    private static (T? Body, Complaint? Complaint) Parse<T>(in ReadOnlySequence<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            var text = bytes.IsSingleSegment ? bytes.FirstSpan : bytes.ToArray();
            // Skip the byte order mark, which some clients send and RFC 8259 lets a parser ignore.
            var body = JsonSerializer.Deserialize(text.StartsWith(ByteOrderMark) ? text[ByteOrderMark.Length..] : text, type);
            return (body, body is null ? new Complaint("body", "the body is null: send a JSON object") : null);
        }
        catch (JsonException mistake)
        {
            return (null, JsonMistake.Explain(mistake, type));
        }
    }

    private static bool IsEncoded(HttpRequest request) =>
        request.Headers.ContentEncoding is { Count: > 0 } encoding && !string.Equals(encoding, "identity", StringComparison.OrdinalIgnoreCase);

    private static bool IsUtf8(string type) =>
        MediaTypeHeaderValue.TryParse(type, out var parsed)
        && (!parsed.Charset.HasValue || HeaderUtilities.RemoveQuotes(parsed.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase));

    private static bool IsJson(HttpRequest request)
    {
        string? type = request.ContentType;
        return type is not null && (type.Equals(Json, StringComparison.OrdinalIgnoreCase) || (request.HasJsonContentType() && IsUtf8(type)));
    }
}
