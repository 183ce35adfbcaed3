using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir;

/// <summary>The stored text of a reservation, so that any instance can settle it.</summary>
/// <param name="Key">The request's key.</param>
/// <param name="Cost">The reserved cost in requests.</param>
/// <param name="Attributes">Those attributes of the request that limits look at.</param>
/// <param name="Limits">The limits that were asked, in the order of the answers.</param>
/// <param name="Holder">Who holds its permits.</param>
/// <param name="Token">The part of its id that no caller chooses.</param>
/// <param name="Costs">The reserved costs in other units; null for none.</param>
internal sealed record KeptReservation(
    string Key, long Cost, IReadOnlyDictionary<string, string>? Attributes, string[] Limits, string Holder,
    string Token,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    IReadOnlyDictionary<string, long>? Costs = null)
{
    /// <summary>Sealed where keys are not to be read.</summary>
    public byte[] ToBytes(KeyHash? privacy)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(this, KeptReservationJson.Default.KeptReservation);
        return privacy is null ? json : privacy.Seal(json);
    }

    /// <summary>Null when it is something else, or was sealed with another secret.</summary>
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
