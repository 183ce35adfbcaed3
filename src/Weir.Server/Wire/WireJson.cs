using System.Text.Json.Serialization;

namespace Weir.Server;

/// <summary>JSON metadata of all bodies. Refuses unknown and repeated fields, which could change a decision.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    MaxDepth = 8)]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(Dictionary<string, long>))]
[JsonSerializable(typeof(TakeBody))]
[JsonSerializable(typeof(ValidBody))]
[JsonSerializable(typeof(VersionBody))]
[JsonSerializable(typeof(TenantBody))]
[JsonSerializable(typeof(TenantsBody))]
[JsonSerializable(typeof(LiveTenantBody))]
[JsonSerializable(typeof(KeyLimitsBody))]
[JsonSerializable(typeof(LiveKeyBody))]
[JsonSerializable(typeof(KeysBody))]
[JsonSerializable(typeof(AuditBody))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(BlockBody))]
[JsonSerializable(typeof(NewKeyBody))]
[JsonSerializable(typeof(CreatedKeyBody))]
[JsonSerializable(typeof(ApiKeysBody))]
[JsonSerializable(typeof(BlocksBody))]
[JsonSerializable(typeof(ExplanationBody))]
[JsonSerializable(typeof(CandidateBody))]
[JsonSerializable(typeof(TopBody))]
[JsonSerializable(typeof(ReservationBody))]
[JsonSerializable(typeof(CommitBody))]
[JsonSerializable(typeof(ReservedBody))]
[JsonSerializable(typeof(BatchBody))]
[JsonSerializable(typeof(SeedBody))]
[JsonSerializable(typeof(DecisionBody))]
[JsonSerializable(typeof(RefusalBody))]
[JsonSerializable(typeof(BatchDecisionsBody))]
[JsonSerializable(typeof(ProblemBody))]
[JsonSerializable(typeof(ReadyBody))]
[JsonSerializable(typeof(LiveBody))]
internal sealed partial class WireJson : JsonSerializerContext;
