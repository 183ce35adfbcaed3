namespace Weir.Server;

/// <summary>Policies that are tried beside those that decide: put, looked at, promoted or dropped.</summary>
internal sealed class CandidateEndpoints(LiveData live, LivePolicies policies, CandidateTrial trial, ShownKeys keys)
{
    private const int MostKeys = 20;

    public Task Get(HttpContext http)
    {
        if (live.Find(LiveKind.Candidate, "") is not { } entry)
            return Problems.NotFound(http);
        http.Response.Headers.ETag = PolicyEndpoints.Tag(entry.Version);
        return AdminAnswers.Ok(http, Report(entry), WireJson.Default.CandidateBody);
    }

    public async Task Put(HttpContext http)
    {
        if (await TextBody.ReadAsync(http, PolicyEndpoints.DocumentTypes, PolicyDocument.MaxBytes) is not { } text)
            return;
        var errors = PolicyDocument.TryParse(text, "candidate", out var document, out var wrong) ? policies.Try(document) : wrong;
        if (errors.Count > 0)
            await AdminAnswers.Refused(http, errors);
        else
            await PolicyEndpoints.Write(http, live, LiveKind.Candidate, "", text);
    }

    public Task Drop(HttpContext http) => live.Find(LiveKind.Candidate, "") is null ? Problems.NotFound(http) : PolicyEndpoints.Write(http, live, LiveKind.Candidate, "", null);

    /// <summary>Puts the candidate in the place of what decides, if it still is of the version that was looked at.</summary>
    public async Task Promote(HttpContext http)
    {
        if (live.Find(LiveKind.Candidate, "") is not { } entry)
        {
            await Problems.NotFound(http);
            return;
        }

        if (!PolicyEndpoints.TryReadIfMatch(http.Request, out long? expected))
            await PolicyEndpoints.BadIfMatch(http);
        else if (expected is not null && expected != entry.Version)
            await Problems.OtherVersion(http, entry.Version);
        // Tenants may have changed since it was put.
        else if (PolicyDocument.TryParse(entry.Value!, "candidate", out var document, out var errors) && policies.Try(document) is { Count: > 0 } wrong)
            await AdminAnswers.Refused(http, wrong);
        else
            await PromoteAsync(http, entry);
    }

    /// <summary>Two changes: should the second be lost, the candidate is what decides, and so disagrees with nothing.</summary>
    private async Task PromoteAsync(HttpContext http, LiveEntry entry)
    {
        var written = await live.WriteAsync(LiveKind.Policies, "", entry.Value, Caller.WhoOf(http), null);
        if (written.Outcome == LiveOutcome.Written)
            await live.WriteAsync(LiveKind.Candidate, "", null, Caller.WhoOf(http), entry.Version);
        await AdminAnswers.Written(http, written, deleted: false);
    }

    private CandidateBody Report(LiveEntry entry)
    {
        var tally = trial.Tally;
        return new CandidateBody(
            entry.Version,
            entry.Value!,
            Instance.Name,
            tally?.Since,
            tally?.Decisions ?? 0,
            tally?.Stricter ?? 0,
            tally?.Laxer ?? 0,
            tally?.Skipped ?? 0,
            tally?.Limits ?? [],
            [.. (tally?.Keys(MostKeys) ?? []).Select(key => key with { Key = keys.Of(key.Key) })]);
    }
}
