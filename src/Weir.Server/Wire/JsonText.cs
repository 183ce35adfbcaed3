using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Weir.Server;

/// <summary>Serializes bodies into a buffer of the current thread, so that an answer allocates no buffer.</summary>
internal static class JsonText
{
    private const int MostKept = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _bytes;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>Returns the JSON of a body, valid until the thread serializes another body.</summary>
    public static ReadOnlySpan<byte> Of<T>(T body, JsonTypeInfo<T> type)
    {
        if (_bytes is not { Capacity: <= MostKept } bytes)
            _bytes = bytes = new ArrayBufferWriter<byte>(1_024);
        bytes.ResetWrittenCount();
        var writer = _writer ??= new Utf8JsonWriter(bytes, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(bytes);
        JsonSerializer.Serialize(writer, body, type);
        return bytes.WrittenSpan;
    }
}
