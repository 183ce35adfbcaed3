using System.Text.Json;

namespace Weir.Cli.Load;

/// <summary>Writes the report as JSON. Names and units are a contract that <c>docs/load.md</c> describes.</summary>
internal static class ReportJson
{
    public static string Write(LoadReport report)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
            Write(json, report);
        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, LoadReport report)
    {
        var settings = report.Settings;
        json.WriteStartObject();
        json.WriteString("url", report.Url.ToString());
        json.WriteBoolean("ownServer", settings.Url is null);
        json.WriteString("store", report.Store);
        json.WriteString("machine", report.Machine);
        json.WriteNumber("keys", settings.Keys);
        json.WriteString("tenant", settings.Tenant);
        json.WriteNumber("cost", settings.Cost);
        json.WriteNumber("seed", settings.Seed);
        json.WriteNumber("durationMs", settings.Duration.TotalMilliseconds);
        json.WriteString("loop", settings.Rate is null ? "closed" : "open");
        WriteNullable(json, "intendedRate", settings.Rate);
        WriteNullable(json, "paceMs", settings.Pace > TimeSpan.Zero ? settings.Pace.TotalMilliseconds : null);
        json.WriteString("correction", Name(settings.Correction));
        json.WriteBoolean("failed", report.Failed);
        json.WriteStartArray("notes");
        foreach (string note in report.Notes)
            json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteStartArray("scenarios");
        foreach (var result in report.Results)
            Write(json, result);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ScenarioResult result)
    {
        var (recording, tally) = (result.Recording, result.Recording.Tally);
        json.WriteStartObject();
        json.WriteString("name", result.Scenario.Name);
        json.WriteNumber("users", result.Scenario.Users);
        json.WriteNumber("warmupMs", result.Warmup.TotalMilliseconds);
        json.WriteNumber("requests", tally.Requests);
        json.WriteNumber("ratePerSecond", Math.Round(tally.Answered / recording.Elapsed.TotalSeconds, 1));
        Write(json, "latencyMs", recording.Latency);
        Write(json, "serviceMs", recording.Service);
        json.WriteNumber("allowed", tally.Allowed);
        json.WriteNumber("denied", tally.Denied);
        WriteErrors(json, tally);
        json.WriteStartObject("source");
        json.WriteNumber("redis", tally.Redis);
        json.WriteNumber("memory", tally.Memory);
        json.WriteEndObject();
        json.WriteNumber("longestGapMs", Ms(recording.LongestGap));
        if (result.Outage is { } outage)
            Write(json, outage, recording);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, Latencies latencies)
    {
        json.WriteStartObject(name);
        json.WriteNumber("mean", Math.Round(latencies.MeanUs / 1e3, 3));
        json.WriteNumber("p50", latencies.PercentileUs(50) / 1e3);
        json.WriteNumber("p90", latencies.PercentileUs(90) / 1e3);
        json.WriteNumber("p95", latencies.PercentileUs(95) / 1e3);
        json.WriteNumber("p99", latencies.PercentileUs(99) / 1e3);
        json.WriteNumber("p999", latencies.PercentileUs(99.9) / 1e3);
        json.WriteNumber("max", latencies.MaxUs / 1e3);
        json.WriteEndObject();
    }

    private static void WriteErrors(Utf8JsonWriter json, Tally tally)
    {
        json.WriteStartObject("errors");
        json.WriteNumber("total", tally.Errors);
        json.WriteNumber("timedOut", tally.TimedOut);
        json.WriteNumber("disconnected", tally.Disconnected);
        json.WriteNumber("wrongStatus", tally.WrongStatus);
        json.WriteNumber("malformed", tally.Malformed);
        json.WriteNumber("unsent", tally.Unsent);
        json.WriteNumber("inWarmup", tally.WarmupErrors);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, OutageResult outage, Recording recording)
    {
        json.WriteStartObject("outage");
        json.WriteNumber("killedAtMs", Ms(outage.Marks.KilledAt));
        json.WriteNumber("restartedAtMs", Ms(outage.Marks.RestartedAt));
        WriteNullable(json, "memoryAfterKillMs", outage.MemoryAfterKill is { } memory ? Ms(memory) : null);
        WriteNullable(json, "redisAfterRestartMs", outage.RedisAfterRestart is { } redis ? Ms(redis) : null);
        json.WriteStartArray("timeline");
        foreach (var (index, slot) in recording.Slots.Index())
        {
            json.WriteStartObject();
            json.WriteNumber("atMs", index * Timeline.SlotUs / 1_000);
            json.WriteNumber("redis", slot.Redis);
            json.WriteNumber("memory", slot.Memory);
            json.WriteNumber("errors", slot.Errors);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteNullable(Utf8JsonWriter json, string name, double? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static double Ms(TimeSpan span) => Math.Round(span.TotalMilliseconds, 3);

    internal static string Name(Correction correction) => correction switch
    {
        Correction.IntendedTime => "intended-time",
        Correction.ExpectedInterval => "expected-interval",
        _ => "none",
    };
}
