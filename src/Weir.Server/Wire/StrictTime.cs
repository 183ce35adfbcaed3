using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>Reads an RFC 3339 time. Requires an offset, because the server's time zone must not matter.</summary>
internal sealed class StrictTime : JsonConverter<DateTimeOffset?>
{
    public override bool HandleNull => true;

    public override DateTimeOffset? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && Timestamp.TryParse(reader.GetString()!, out var time) ? time : throw new JsonException();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset? value, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, value, options);
}
