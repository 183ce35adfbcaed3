namespace Weir.Server;

/// <summary>Serves two live entries of a tenant as one resource: the permanent text and the boost.</summary>
internal sealed class TenantEndpoints(LiveData live, LivePolicies policies, LiveChanges changes)
{
    private static readonly string[] Types = ["application/json"];

    public Task Get(HttpContext http)
    {
        if (TenantOf(http) is not { } tenant)
            return Problems.NotFound(http);
        http.Response.Headers.ETag = PolicyEndpoints.Tag(VersionOf(tenant));
        return AdminAnswers.Ok(http, Describe(tenant), WireJson.Default.TenantBody);
    }

    public async Task Put(HttpContext http)
    {
        if (TenantOf(http) is not { } tenant)
            await Problems.BadRequest(http, new Complaint("id", $"the tenant in the path must be {Bounds.NameRule}"));
        else if (await TextBody.ReadAsync(http, Types, LiveBounds.MaxValue) is { } text)
            await PutAsync(http, tenant, text.TrimStart('\uFEFF'));
    }

    /// <summary>Deletes the boost first, so that the boost is never in force without the permanent text.</summary>
    public async Task Delete(HttpContext http)
    {
        if (TenantOf(http) is not { } tenant)
        {
            await Problems.NotFound(http);
            return;
        }

        if (!LiveChanges.TryReadIfMatch(http.Request, out long? expected))
        {
            await LiveChanges.BadIfMatch(http);
            return;
        }

        long stood = 0;
        var boost = await changes.EditAsync(http, LiveKind.Boost, tenant, null, expected, () =>
        {
            stood = changes.VersionOf(LiveKind.Tenant, tenant);
            return VersionOf(tenant);
        });
        if (boost.Outcome is not (LiveOutcome.Written or LiveOutcome.Absent) || boost.Errors.Count > 0)
        {
            await AdminAnswers.Written(http, boost, deleted: true, "");
            return;
        }

        long? left = expected is null || boost.Outcome == LiveOutcome.Absent ? expected : stood;
        var own = await changes.EditAsync(http, LiveKind.Tenant, tenant, null, left, () => VersionOf(tenant));
        await AdminAnswers.Written(http, own.Outcome == LiveOutcome.Absent ? boost : own, deleted: true, $"tenant {tenant} has no live data of its own; its keys may: GET /admin/tenants/{tenant}/keys lists them");
    }

    public Task List(HttpContext http)
    {
        if (Paging.Read(http, out var page) is { } complaint)
            return Problems.BadRequest(http, complaint);
        var ids = new[] { LiveKind.Tenant, LiveKind.Boost }.SelectMany(kind => live.After(kind, page.After).Take(page.Limit + 1))
            .Select(entry => entry.Id).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        var (tenants, next) = page.Cut(ids, id => id);
        return AdminAnswers.Ok(http, new TenantsBody([.. tenants.Select(Describe)], next), WireJson.Default.TenantsBody);
    }

    private async Task PutAsync(HttpContext http, string tenant, string text)
    {
        var (isBoost, error) = TenantBodies.KindOf(tenant, text);
        if (error is not null)
        {
            // Errors of the policy parser take precedence over JSON errors.
            await AdminAnswers.Refused(http, policies.TryTenant(tenant, text) is { Count: > 0 } errors ? errors : [error]);
            return;
        }

        if (!LiveChanges.TryReadIfMatch(http.Request, out long? expected))
        {
            await LiveChanges.BadIfMatch(http);
            return;
        }

        string kind = isBoost ? LiveKind.Boost : LiveKind.Tenant;
        if (isBoost && live.CountOf(kind) >= LiveBounds.MaxTenants)
            await live.SweepAsync(kind, TimeSpan.Zero, 2);
        await AdminAnswers.Written(http, await changes.EditAsync(http, kind, tenant, text, expected, () => VersionOf(tenant)), deleted: false, "");
    }

    /// <summary>Returns the later version of the two entries, so that one <c>If-Match</c> covers both.</summary>
    private long VersionOf(string tenant) => Math.Max(changes.VersionOf(LiveKind.Tenant, tenant), changes.VersionOf(LiveKind.Boost, tenant));

    private TenantBody Describe(string tenant)
    {
        var set = policies.Current;
        long version = VersionOf(tenant);
        return new TenantBody(
            tenant, set.PlanOf(tenant).Name, Explanations.PlanFrom(set, tenant), version == 0 ? null : version,
            TenantBodies.Shown(live.Find(LiveKind.Tenant, tenant)?.Value), TenantBodies.Shown(live.Find(LiveKind.Boost, tenant)?.Value));
    }

    private static string? TenantOf(HttpContext http) => http.Request.RouteValues["id"] is string id && Bounds.IsTenant(id) ? id : null;
}
