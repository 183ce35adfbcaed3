using System.Text.Json.Nodes;

namespace Weir.Server;

/// <summary>Answer to a request of Envoy.</summary>
internal sealed record EnvoyAnswer
{
    /// <summary>Code of the whole request.</summary>
    public EnvoyCode Code { get; init; }

    /// <summary>A status per descriptor, in order; empty for a complaint.</summary>
    public IReadOnlyList<EnvoyStatus> Statuses { get; init; } = [];

    /// <summary>Error in the request; null for a valid request.</summary>
    public Complaint? Complaint { get; init; }

    /// <summary>True if there is no decision, since Redis is down and <c>onOutage</c> is <c>deny</c>.</summary>
    public bool IsUnavailable { get; init; }

    /// <summary>True if memory decided because Redis could not.</summary>
    public bool IsDegraded { get; init; }

    /// <summary>Index of the status that refuses, else of the one with the fewest requests left; -1 for none.</summary>
    public int Governing { get; init; } = -1;

    /// <summary>The merged metadata of the rules that allow the request; null for none.</summary>
    public JsonObject? Metadata { get; init; }

    public static EnvoyAnswer Of(Complaint complaint) => new() { Complaint = complaint };

    public static EnvoyAnswer Of(EnvoyRequest request, in EnvoyResult result, DateTimeOffset now)
    {
        var statuses = Array.ConvertAll(request.Parts, part => part.StatusAt(now));
        return new EnvoyAnswer
        {
            Code = result.IsAllowed ? EnvoyCode.Ok : EnvoyCode.OverLimit,
            Statuses = statuses,
            IsDegraded = result.IsDegraded,
            Governing = GoverningOf(statuses),
            Metadata = MetadataOf(request, statuses),
        };
    }

    private static int GoverningOf(EnvoyStatus[] statuses)
    {
        int governing = -1;
        for (int i = 0; i < statuses.Length; i++)
        {
            if (statuses[i].Limit is null)
                continue;
            if (governing < 0 || Outweighs(statuses[i], statuses[governing]))
                governing = i;
        }

        return governing;
    }

    private static bool Outweighs(in EnvoyStatus status, in EnvoyStatus other) => status.Code != other.Code
        ? status.Code == EnvoyCode.OverLimit
        : status.Remaining < other.Remaining
            || (status.Remaining == other.Remaining && status.SecondsLeft > other.SecondsLeft);

    private static JsonObject? MetadataOf(EnvoyRequest request, EnvoyStatus[] statuses)
    {
        JsonObject? merged = null;
        for (int i = 0; i < statuses.Length; i++)
        {
            bool isPassed = statuses[i] is { Code: EnvoyCode.Ok, Limit: not null };
            if (isPassed && request.Parts[i].Rule?.Metadata is { } metadata)
                EnvoyMetadata.Merge(merged ??= [], metadata);
        }

        return merged;
    }
}
