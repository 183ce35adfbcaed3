using System.Security.Cryptography;

namespace Weir.Server;

internal sealed class ApiKeyEndpoints(ApiKeys keys, LiveData live, TimeProvider time)
{
    private const int IdBytes = 8;

    public Task List(HttpContext http)
    {
        if (Paging.Read(http, out var page) is { } complaint)
            return Problems.BadRequest(http, complaint);
        var following = keys.ConfiguredAfter(page.After).Concat(live.After(LiveKind.Key, page.After).Select(entry => keys.OfId(entry.Id)).OfType<ApiKey>().Take(page.Limit + 1))
            .OrderBy(key => key.Id, StringComparer.Ordinal);
        var (listed, next) = page.Cut(following, key => key.Id);
        var now = time.GetUtcNow();
        return AdminAnswers.Ok(http, new ApiKeysBody([.. listed.Select(key => BodyOf(key, now))], next), WireJson.Default.ApiKeysBody);
    }

    public async Task Create(HttpContext http)
    {
        if (await JsonBody.ReadAsync<NewKeyBody>(http, DecisionEndpoints.MaxBody) is not { } body)
            return;
        if (ComplaintAbout(body) is { } complaint)
        {
            await Problems.BadRequest(http, complaint);
            return;
        }

        string secret = KeySecret.New();
        var key = new ApiKey(
            $"k_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes))}", body.Name, body.Scope == "admin" ? KeyScope.Admin : KeyScope.Take,
            body.Tenant, body.Until, time.GetUtcNow(), KeySecret.HashOf(secret));
        await CreateAsync(http, key, secret);
    }

    public async Task Revoke(HttpContext http)
    {
        string id = (string?)http.Request.RouteValues["id"] ?? "";
        if (keys.IsConfigured(id))
        {
            await Problems.KeyOfConfiguration(http);
            return;
        }

        // Read live data again, because another instance may have just created the key.
        if (live.Find(LiveKind.Key, id) is null)
            await live.CatchUpAsync();
        if (live.Find(LiveKind.Key, id) is null)
            await (keys.IsComplete ? Problems.NotFound(http) : Problems.ReducedCapacity(http));
        else if ((await live.WriteAsync(LiveKind.Key, id, null, Caller.WhoOf(http), null)).Outcome != LiveOutcome.Written)
            await Problems.ReducedCapacity(http);
        else
            http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task CreateAsync(HttpContext http, ApiKey key, string secret)
    {
        bool isFull = false;
        var written = await live.EditAsync(
            LiveKind.Key, key.Id, key.ToJson(), Caller.WhoOf(http), () => (isFull = live.CountOf(LiveKind.Key) >= ApiKey.MaxKeys) ? LiveEdit.Conflict(0) : null);
        if (isFull)
        {
            await Problems.BadRequest(http, new Complaint("keys", $"there are {ApiKey.MaxKeys} keys already: revoke one first, such as one that has expired"));
            return;
        }

        if (written.Outcome != LiveOutcome.Written)
        {
            await Problems.ReducedCapacity(http);
            return;
        }

        http.Response.Headers.CacheControl = "no-store";
        var body = new CreatedKeyBody(key.Id, secret, key.Name, Spelling.Of(key.Scope), key.Tenant, key.Until);
        await Problems.Write(http, StatusCodes.Status201Created, body, WireJson.Default.CreatedKeyBody, DecisionAnswers.Json);
    }

    private Complaint? ComplaintAbout(NewKeyBody body)
    {
        if (body.Scope is not ("admin" or "take"))
            return new Complaint("scope", "scope must be admin or take");
        if (body.Name is not null && !Bounds.IsName(body.Name))
            return new Complaint("name", $"name must be {Bounds.NameRule}, or left out");
        if (body.Tenant is not null && body.Scope == "admin")
            return new Complaint("tenant", "an admin key is for all tenants: leave tenant out, or ask for the scope take");
        if (body.Tenant is not null && !Bounds.IsTenant(body.Tenant))
            return new Complaint("tenant", $"tenant must be {Bounds.NameRule}, or left out for all tenants");
        return body.Until <= time.GetUtcNow() ? new Complaint("until", "until is over already: write a time to come, or leave it out for good") : null;
    }

    private static ApiKeyBody BodyOf(ApiKey key, DateTimeOffset now) => new(
        key.Id, key.Name, Spelling.Of(key.Scope), key.Tenant, key.Until, key.Until <= now, key.Created, key.Created is null ? "configuration" : "live");
}
