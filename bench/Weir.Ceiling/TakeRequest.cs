using System.Text.Json.Serialization;

namespace Weir.Ceiling;

/// <summary>The body of a take, as the seed has it.</summary>
internal sealed record TakeRequest(string? Key, long Cost = 1, string? Tenant = null);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(TakeRequest))]
internal sealed partial class Wire : JsonSerializerContext;
