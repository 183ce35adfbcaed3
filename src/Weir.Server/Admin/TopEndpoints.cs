using System.Globalization;

namespace Weir.Server;

/// <summary>The keys of a tenant, or the tenants, that are refused and allowed most often: <c>/admin/top</c>.</summary>
internal sealed class TopEndpoints(ShownKeys keys, TopKeys? top = null)
{
    private const int DefaultLimit = 20;
    private const int MostPerPage = 1_000;

    public Task Get(HttpContext http)
    {
        if (ComplaintAbout(http.Request.Query) is { } complaint)
            return Problems.BadRequest(http, complaint);
        return top is null ? Problems.TopIsOff(http) : Answer(http, top);
    }

    private Task Answer(HttpContext http, TopKeys counted)
    {
        var query = http.Request.Query;
        string? tenant = Given(query, "tenant"), which = Given(query, "which");
        int limit = Given(query, "limit") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : DefaultLimit;
        var denied = tenant is null ? counted.Tenants(allowed: false) : counted.Keys(tenant, allowed: false);
        var allowed = tenant is null ? counted.Tenants(allowed: true) : counted.Keys(tenant, allowed: true);
        var body = new TopBody(
            Instance.Name, denied.Since, tenant,
            which == "allowed" ? null : BodyOf(denied, tenant is not null, limit),
            which == "denied" ? null : BodyOf(allowed, tenant is not null, limit));
        return AdminAnswers.Ok(http, body, WireJson.Default.TopBody);
    }

    private TopListBody BodyOf(TopList list, bool ofKeys, int limit) => new(
        list.Total, list.MostError, list.Missed,
        [.. list.Entries.Take(limit).Select(entry => new TopEntryBody(ofKeys ? keys.Of(entry.Name) : null, ofKeys ? null : entry.Name, entry.Count, entry.Error))]);

    private static Complaint? ComplaintAbout(IQueryCollection query)
    {
        foreach (var (name, values) in query)
        {
            string value = values.ToString();
            string? wrong = name switch
            {
                "tenant" => Bounds.IsTenant(value) ? null : $"tenant must be {Bounds.NameRule}",
                "which" => value is "denied" or "allowed" ? null : "which must be denied or allowed; without it, both are listed",
                _ => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int limit) && limit is >= 1 and <= MostPerPage
                    ? null : $"limit must be a whole number from 1 to {MostPerPage}",
            };
            if (wrong is not null)
                return new Complaint(name, wrong);
        }

        return null;
    }

    private static string? Given(IQueryCollection query, string name) => query.TryGetValue(name, out var values) ? values.ToString() : null;
}
