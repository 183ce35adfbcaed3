using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>A RateLimitRequest as proto3 JSON, whose fields may also have their original names.</summary>
internal sealed record EnvoyRequestBody
{
    public string? Domain { get; init; }

    public List<EnvoyDescriptorBody>? Descriptors { get; init; }

    public uint? HitsAddend { get; init; }

    [JsonPropertyName("hits_addend")]
    public uint? OriginalHitsAddend { get; init; }
}

internal sealed record EnvoyDescriptorBody
{
    public List<EnvoyEntryBody>? Entries { get; init; }

    public EnvoyOverrideBody? Limit { get; init; }

    public ulong? HitsAddend { get; init; }

    [JsonPropertyName("hits_addend")]
    public ulong? OriginalHitsAddend { get; init; }
}

internal sealed record EnvoyEntryBody
{
    public string? Key { get; init; }

    public string? Value { get; init; }
}

internal sealed record EnvoyOverrideBody
{
    public uint? RequestsPerUnit { get; init; }

    [JsonPropertyName("requests_per_unit")]
    public uint? OriginalRequestsPerUnit { get; init; }

    /// <summary>Name or number.</summary>
    public JsonElement? Unit { get; init; }
}

/// <summary>A RateLimitResponse as proto3 JSON, which leaves out zeros.</summary>
internal sealed record EnvoyAnswerBody(string OverallCode, IReadOnlyList<EnvoyStatusBody> Statuses);

internal sealed record EnvoyStatusBody(
    string Code, EnvoyLimitBody? CurrentLimit, uint LimitRemaining, string? DurationUntilReset);

internal sealed record EnvoyLimitBody(string? Name, uint RequestsPerUnit, string Unit);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(EnvoyRequestBody))]
[JsonSerializable(typeof(EnvoyAnswerBody))]
internal sealed partial class EnvoyJson : JsonSerializerContext;
