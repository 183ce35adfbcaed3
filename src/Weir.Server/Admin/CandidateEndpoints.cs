namespace Weir.Server;

internal sealed class CandidateEndpoints(LiveData live, LiveChanges changes, CandidateTrial trial, ShownKeys keys)
{
    private const int MostKeys = 20;
    private const string None = "no candidate is tried: PUT a document (YAML or JSON) to /admin/candidate to try it beside the one that decides";

    public Task Get(HttpContext http)
    {
        if (live.Find(LiveKind.Candidate, "") is not { } entry)
            return AdminAnswers.Nothing(http, None);
        http.Response.Headers.ETag = PolicyEndpoints.Tag(entry.Version);
        return AdminAnswers.Ok(http, Report(entry), WireJson.Default.CandidateBody);
    }

    public async Task Put(HttpContext http)
    {
        if (await TextBody.ReadAsync(http, PolicyEndpoints.DocumentTypes, PolicyDocument.MaxBytes) is { } text)
            await changes.WriteDocumentAsync(http, LiveKind.Candidate, text, "");
    }

    public Task Drop(HttpContext http) => changes.WriteDocumentAsync(http, LiveKind.Candidate, null, None);

    public async Task Promote(HttpContext http)
    {
        if (live.Find(LiveKind.Candidate, "") is not { } entry)
        {
            await AdminAnswers.Nothing(http, None);
            return;
        }

        if (!LiveChanges.TryReadIfMatch(http.Request, out long? expected))
            await LiveChanges.BadIfMatch(http);
        else if (LiveChanges.IsOther(expected, entry.Version))
            await Problems.OtherVersion(http, entry.Version);
        else
            await PromoteAsync(http, entry);
    }

    /// <summary>Puts the candidate in force, then ends its trial. A trial that does not end is harmless.</summary>
    private async Task PromoteAsync(HttpContext http, LiveEntry entry)
    {
        // Validate the candidate again, because tenants may have changed in the meantime.
        var edit = await changes.EditAsync(http, LiveKind.Policies, "", entry.Value, entry.Version, () => changes.VersionOf(LiveKind.Candidate, ""));
        if (edit is { Outcome: LiveOutcome.Written, Errors.Count: 0 })
            await live.WriteAsync(LiveKind.Candidate, "", null, Caller.WhoOf(http), entry.Version);
        await AdminAnswers.Written(http, edit, deleted: false, "");
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
