using System.Globalization;

namespace Weir.Server;

internal sealed class TopEndpoints(ShownKeys keys, TopKeys? top = null)
{
    private const int DefaultLimit = 20;

    public Task Get(HttpContext http)
    {
        var query = http.Request.Query;
        string? tenant = Given(query, "tenant"), which = Given(query, "which"), unit = Given(query, "unit");
        var complaint = Paging.Read(http, out var page, limit: DefaultLimit) ?? ComplaintAbout(unit) ?? ComplaintAbout(tenant, which, page.After);
        return complaint is not null ? Problems.BadRequest(http, complaint)
            : top is null ? Problems.TopIsOff(http)
            : Answer(http, top, tenant, which, unit, page);
    }

    private Task Answer(HttpContext http, TopKeys counted, string? tenant, string? which, string? unit, Paging page)
    {
        TopList List(bool allowed) => tenant is null ? counted.Tenants(allowed, unit) : counted.Keys(tenant, allowed, unit);
        var denied = List(allowed: false);
        var body = new TopBody(
            Instance.Name, denied.Since, tenant, unit,
            which == "allowed" ? null : BodyOf(denied, tenant is not null, page),
            which == "denied" ? null : BodyOf(List(allowed: true), tenant is not null, page));
        return AdminAnswers.Ok(http, body, WireJson.Default.TopBody);
    }

    /// <summary>Returns a page sorted by count and name, so that its cursor stays valid while counts change.</summary>
    private TopListBody BodyOf(TopList list, bool ofKeys, Paging page)
    {
        TryReadCursor(page.After, out long count, out string name);
        var following = list.Entries.Select(entry => entry with { Name = ofKeys ? keys.Of(entry.Name) : entry.Name })
            .OrderByDescending(entry => entry.Count).ThenBy(entry => entry.Name, StringComparer.Ordinal)
            .Where(entry => entry.Count < count || (entry.Count == count && string.CompareOrdinal(entry.Name, name) > 0));
        var (entries, next) = page.Cut(following, entry => string.Create(CultureInfo.InvariantCulture, $"{entry.Count}/{entry.Name}"));
        return new TopListBody(
            list.Total, list.MostError, list.Missed,
            [.. entries.Select(entry => new TopEntryBody(ofKeys ? entry.Name : null, ofKeys ? null : entry.Name, entry.Count, entry.Error))], next);
    }

    private static bool TryReadCursor(string after, out long count, out string name)
    {
        int slash = after.IndexOf('/', StringComparison.Ordinal);
        (count, name) = (long.MaxValue, after[(slash + 1)..]);
        return after.Length == 0 || (slash > 0 && long.TryParse(after.AsSpan(0, slash), NumberStyles.None, CultureInfo.InvariantCulture, out count));
    }

    private static Complaint? ComplaintAbout(string? unit) =>
        unit is null || (Bounds.IsName(unit) && unit != Limit.Requests)
            ? null
            : new Complaint("unit", "unit must be one that a limit counts, such as tokens; without it, takes are counted");

    private static Complaint? ComplaintAbout(string? tenant, string? which, string after) =>
        tenant is not null && !Bounds.IsTenant(tenant) ? new Complaint("tenant", $"tenant must be {Bounds.NameRule}")
        : which is not (null or "denied" or "allowed") ? new Complaint("which", "which must be denied or allowed; without it, both are listed")
        : after.Length > 0 && which is null ? new Complaint("after", "after continues one list: send which with it")
        : TryReadCursor(after, out _, out _) ? null
        : new Complaint("after", "after must be what next said on the page before");

    private static string? Given(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
}
