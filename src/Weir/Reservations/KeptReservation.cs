using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir;

/// <summary>Stored text of a reservation, from which any instance can settle it. The token is random.</summary>
internal sealed record KeptReservation(
    string Key, long Cost, IReadOnlyDictionary<string, string>? Attributes, string[] Limits, string Holder,
    string Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, long>? Costs = null)
{
    public byte[] ToBytes(KeyHash? privacy)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, KeptReservationJson.Default.KeptReservation);
        return privacy is null ? json : privacy.Seal(json);
    }

    /// <summary>Parses the stored text; null if it is not a reservation, or is encrypted with another secret.</summary>
    public static KeptReservation? FromBytes(byte[] bytes, KeyHash? privacy)
    {
        if (privacy is not null)
        {
            if (!privacy.TryOpen(bytes, out byte[]? opened))
                return null;
            bytes = opened;
        }

        try
        {
            return JsonSerializer.Deserialize(bytes, KeptReservationJson.Default.KeptReservation);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(KeptReservation))]
internal sealed partial class KeptReservationJson : JsonSerializerContext;
