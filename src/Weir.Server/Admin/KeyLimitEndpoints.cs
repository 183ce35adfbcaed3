using Microsoft.AspNetCore.Http.Features;

namespace Weir.Server;

internal sealed class KeyLimitEndpoints(LiveData live, LivePolicies policies, LiveChanges changes, StoredKeys stored)
{
    private const string Tenants = "/tenants/", Keys = "/keys/";
    private static readonly string[] Types = ["application/json"];

    public async Task Get(HttpContext http)
    {
        if (EntryOf(http) is { } entry && live.Find(LiveKind.KeyLimits, entry.Id) is { } found)
        {
            http.Response.Headers.ETag = PolicyEndpoints.Tag(found.Version);
            await AdminAnswers.Ok(http, Describe(found), WireJson.Default.KeyLimitsBody);
        }
        else
            await AdminAnswers.Nothing(http, "this key of this tenant has no live numbers of its own: GET /admin/explain says what limits it");
    }

    public Task List(HttpContext http)
    {
        if (http.Request.RouteValues["id"] is not string tenant || !Bounds.IsTenant(tenant))
            return Problems.NotFound(http);
        if (Paging.Read(http, out var page) is { } complaint)
            return Problems.BadRequest(http, complaint);
        string prefix = KeyId.Of(tenant, "");
        var following = live.After(LiveKind.KeyLimits, prefix + page.After).TakeWhile(entry => entry.Id.StartsWith(prefix, StringComparison.Ordinal));
        var (keys, next) = page.Cut(following.Select(Describe), key => key.Key);
        return AdminAnswers.Ok(http, new KeysBody(keys, next), WireJson.Default.KeysBody);
    }

    public async Task Put(HttpContext http)
    {
        if (EntryOf(http) is not { } entry)
            await Problems.BadRequest(http, ComplaintOf(http));
        else if (await TextBody.ReadAsync(http, Types, LiveBounds.MaxValue) is { } text)
            await PutAsync(http, entry, text.TrimStart('\uFEFF'));
    }

    public async Task Delete(HttpContext http)
    {
        if (EntryOf(http) is not { } entry)
            await Problems.NotFound(http);
        else if (!LiveChanges.TryReadIfMatch(http.Request, out long? expected))
            await LiveChanges.BadIfMatch(http);
        else
            await AdminAnswers.Written(http, await EditAsync(http, entry, null, expected), deleted: true, "this key of this tenant has no live numbers of its own");
    }

    private async Task PutAsync(HttpContext http, (string Tenant, string Id) entry, string text)
    {
        var (_, error) = TenantBodies.KindOf(entry.Tenant, text);
        if (error is not null)
        {
            await AdminAnswers.Refused(http, policies.TryKey(entry.Id, text) is { Count: > 0 } errors ? errors : [error]);
            return;
        }

        if (!LiveChanges.TryReadIfMatch(http.Request, out long? expected))
        {
            await LiveChanges.BadIfMatch(http);
            return;
        }

        if (live.CountOf(LiveKind.KeyLimits) >= LiveBounds.MaxTenants)
            await live.SweepAsync(LiveKind.KeyLimits, TimeSpan.Zero, 2);
        await AdminAnswers.Written(http, await EditAsync(http, entry, text, expected), deleted: false, "");
    }

    private Task<LiveEdit> EditAsync(HttpContext http, (string Tenant, string Id) entry, string? text, long? expected) =>
        changes.EditAsync(http, LiveKind.KeyLimits, entry.Id, text, expected, () => changes.VersionOf(LiveKind.KeyLimits, entry.Id));

    private static KeyLimitsBody Describe(LiveEntry entry)
    {
        int slash = entry.Id.IndexOf('/', StringComparison.Ordinal);
        return new KeyLimitsBody(entry.Id[..slash], entry.Id[(slash + 1)..], entry.Version, TenantBodies.Shown(entry.Value));
    }

    private (string Tenant, string Id)? EntryOf(HttpContext http) =>
        http.Request.RouteValues["id"] is string tenant && Bounds.Complaint(new RequestFacts(tenant, KeyOf(http)), leastCost: 0) is null
            ? (tenant, KeyId.Of(tenant, stored.NameOf(KeyOf(http))))
            : null;

    private static Complaint ComplaintOf(HttpContext http) =>
        Bounds.Complaint(new RequestFacts(http.Request.RouteValues["id"] as string ?? "", KeyOf(http)), leastCost: 0) ?? new Complaint("key", "the path names no key");

    /// <summary>Reads the key from the raw target, because the server leaves escaped slashes encoded.</summary>
    private static string KeyOf(HttpContext http)
    {
        string path = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget.Split('?', 2)[0];
        int tenant = path.IndexOf(Tenants, StringComparison.Ordinal) + Tenants.Length;
        int keys = path.IndexOf(Keys, Math.Min(tenant, path.Length), StringComparison.Ordinal);
        return keys < 0 ? "" : Uri.UnescapeDataString(path[(keys + Keys.Length)..]);
    }
}
