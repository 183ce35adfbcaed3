using System.Text.Json;

namespace Weir.Server;

/// <summary>Decides a batch in slices that take short turns, so that no batch delays other requests.</summary>
internal sealed class BatchEndpoint(Decider decider, BatchTurns turns)
{
    public const int MaxBody = 1024 * 1024;

    /// <summary>Requests per slice: enough to share a Redis batch, few enough for a turn of 0.1 ms.</summary>
    private const int SliceSize = 64;

    private const int SendBytes = 64 * 1024;

    private static readonly JsonWriterOptions Compact = new() { SkipValidation = true };

    public async Task Decide(HttpContext http)
    {
        var body = await JsonBody.ReadAsync<BatchBody>(http, MaxBody, turns);
        if (body is null)
            return;
        if ((BatchReader.Read(http.Request, body, out var requests) ?? IdempotencyKey.ComplaintOfBatch(http)) is { } complaint)
        {
            await Problems.Refuse(http, complaint);
            return;
        }

        http.Response.ContentType = DecisionAnswers.Json;
        await using var json = new Utf8JsonWriter(http.Response.BodyWriter, Compact);
        json.WriteStartObject();
        json.WriteStartArray("decisions"u8);
        var decided = new Decision[SliceSize];
        for (int start = 0; start < requests.Length; start += SliceSize)
        {
            var slice = requests.AsMemory(start, Math.Min(SliceSize, requests.Length - start));
            await DecideAsync(slice, decided);
            await WriteAsync(http, json, decided.AsMemory(0, slice.Length));
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>Begins all requests of a slice before it awaits any: they share a batch and keep their order.</summary>
    private async Task DecideAsync(ReadOnlyMemory<RequestFacts> slice, Decision[] decided)
    {
        var asked = new Task<Decision>[slice.Length];
        using (await turns.TakeAsync())
        {
            for (int i = 0; i < asked.Length; i++)
                asked[i] = decider.DecideAsync(slice.Span[i], spend: true).AsTask();
        }

        for (int i = 0; i < asked.Length; i++)
            decided[i] = await asked[i];
    }

    private async Task WriteAsync(HttpContext http, Utf8JsonWriter json, ReadOnlyMemory<Decision> decided)
    {
        using (await turns.TakeAsync())
        {
            foreach (var decision in decided.Span)
                JsonSerializer.Serialize(json, Spelling.Body(decision), WireJson.Default.DecisionBody);
            json.Flush();
        }

        if (http.Response.BodyWriter.UnflushedBytes >= SendBytes)
            await http.Response.BodyWriter.FlushAsync(http.RequestAborted);
    }
}
