using System.Text.Json;

namespace Weir.Drill.Tests.Load;

/// <summary>What a caller was told.</summary>
/// <param name="Status">The HTTP status; 0 without an answer.</param>
/// <param name="Allowed">Whether the tokens are the caller's.</param>
/// <param name="Source">Who decided.</param>
/// <param name="Degraded">Whether that was somebody else than should.</param>
/// <param name="Error">Why there was no answer; null when there was one.</param>
internal readonly record struct TakeAnswer(int Status, bool Allowed, string Source, bool Degraded, string? Error)
{
    /// <summary>A decision; anything else is a failure of the service.</summary>
    public bool IsDecision => Status is 200 or 429;

    public bool IsRefusal => IsDecision && !Allowed;

    /// <summary>Whether Redis decided, or what had been leased of it.</summary>
    public bool IsOfRedis => IsDecision && !Degraded && Source == "redis";

    public static TakeAnswer None(string error) => new(0, false, "", false, error);

    public static TakeAnswer Read(int status, ReadOnlyMemory<byte> body)
    {
        if (status is not (200 or 429))
            return new TakeAnswer(status, false, "", false, $"{status}");
        using var json = JsonDocument.Parse(body);
        var decision = json.RootElement;
        return new TakeAnswer(
            status,
            decision.GetProperty("allowed").GetBoolean(),
            decision.GetProperty("source").GetString()!,
            decision.GetProperty("degraded").GetBoolean(),
            null);
    }
}
