namespace Weir.Server;

internal sealed class KeyEndpoints(RateLimiter limiter, Explanations explanations, LiveData live, LiveChanges changes, StoredKeys stored, TimeProvider time)
{
    private static readonly Complaint Full = new("key", $"there are {Weir.Block.MaxBlocks} blocks already: delete one first, or ban by a limit with rate: 0/s");

    public Task Explain(HttpContext http) => FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint
        ? Problems.BadRequest(http, complaint)
        : ExplainAsync(http, facts);

    public async Task GetBuckets(HttpContext http)
    {
        if (FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else
            await AdminAnswers.Ok(http, Spelling.Body((await limiter.ExplainAsync(facts with { Cost = 0 })).Unblocked), WireJson.Default.DecisionBody);
    }

    public async Task ResetBuckets(HttpContext http)
    {
        if (FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else if (await limiter.ResetAsync(facts) is { Outcome: DecisionOutcome.Unavailable } or { Degraded: true })
            await Problems.ReducedCapacity(http);
        else
            http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    public Task ListBlocks(HttpContext http)
    {
        if (Paging.Read(http, out var page) is { } complaint)
            return Problems.BadRequest(http, complaint);
        var policies = limiter.Policies;
        var (blocks, next) = page.Cut(live.After(LiveKind.Block, page.After).Select(entry => policies.BlockOf(entry.Id)).OfType<Block>(), block => KeyId.Of(block.Tenant, block.Key));
        return AdminAnswers.Ok(http, new BlocksBody(blocks, next), WireJson.Default.BlocksBody);
    }

    public async Task Block(HttpContext http)
    {
        if (await JsonBody.ReadAsync<BlockBody>(http, DecisionEndpoints.MaxBody) is not { } body)
            return;
        var block = new Block(body.Tenant ?? RequestFacts.DefaultTenant, body.Key ?? "", body.Until, body.Reason ?? "");
        if (ComplaintAbout(block) is { } complaint)
        {
            await Problems.BadRequest(http, complaint);
            return;
        }

        // Delete expired blocks first, because they count toward the maximum.
        if (live.CountOf(LiveKind.Block) >= Weir.Block.MaxBlocks)
            await live.SweepAsync(LiveKind.Block, TimeSpan.Zero, 2);
        var kept = block with { Key = stored.NameOf(block.Key) };
        bool isFull = false;
        var edit = await live.EditAsync(
            LiveKind.Block, KeyId.Of(kept.Tenant, kept.Key), kept.ToJson(), Caller.WhoOf(http), () => (isFull = changes.IsOneTooMany(kept)) ? LiveEdit.Conflict(0) : null);
        await (isFull ? Problems.BadRequest(http, Full) : AdminAnswers.Written(http, edit, deleted: true, ""));
    }

    public async Task Unblock(HttpContext http)
    {
        if (FactsReader.FromQuery(http.Request, leastCost: 0, out var facts) is { } complaint)
            await Problems.BadRequest(http, complaint);
        else
            await AdminAnswers.Written(
                http, await live.WriteAsync(LiveKind.Block, KeyId.Of(facts.Tenant, stored.NameOf(facts.Key)), null, Caller.WhoOf(http), null), deleted: true,
                "this key of this tenant is not blocked: GET /admin/block lists those that are");
    }

    private async Task ExplainAsync(HttpContext http, RequestFacts facts) =>
        await AdminAnswers.Ok(http, await explanations.ExplainAsync(facts), WireJson.Default.ExplanationBody);

    private Complaint? ComplaintAbout(Block block)
    {
        if (Bounds.Complaint(new RequestFacts(block.Tenant, block.Key), leastCost: 1) is { } complaint)
            return complaint;
        if (block.Until <= time.GetUtcNow())
            return new Complaint("until", "until is over already: write a time to come, or leave it out to block for good");
        if (block.Reason.Length is 0 or > Weir.Block.MaxReason)
            return new Complaint("reason", $"reason must be 1 to {Weir.Block.MaxReason} characters: whoever is refused is told it");
        return null;
    }
}
