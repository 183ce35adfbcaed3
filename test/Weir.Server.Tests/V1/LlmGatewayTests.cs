using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.V1;

/// <summary>The plan of <c>docs/llm.md</c> before a model that says only afterwards what a request cost.</summary>
public abstract class LlmGatewayTests : OwnServerTests
{
    private const string Model = "large";

    public override async ValueTask InitializeAsync()
    {
        await base.InitializeAsync();
        string page = await File.ReadAllTextAsync(PathOf("docs/llm.md"));
        string plan = Regex.Match(page, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
        Assert.Equal(200, (await Http.PutPoliciesAsync(plan)).Status);
    }

    [Fact]
    public async Task An_estimate_that_was_too_high_gives_the_difference_back_at_the_commit()
    {
        await using var model = await FakeModel.StartAsync(chunks: 12, tokensOfChunk: 76);
        string id = await ReserveAsync("ann", input: 1_200, output: 4_000);
        AssertLeft(await LeftAsync("ann"), input: 198_800, output: 46_000, tokens: 1_994_800);
        var used = await model.AskAsync(input: 1_187);
        Assert.Equal(200, (await CommitAsync(id, used)).Status);
        Assert.Equal((1_187, 912), used);
        AssertLeft(await LeftAsync("ann"), input: 198_813, output: 49_088, tokens: 1_997_901);
    }

    [Fact]
    public async Task An_estimate_that_was_too_low_leaves_a_debt_that_refuses_the_next_request()
    {
        await using var model = await FakeModel.StartAsync(chunks: 60, tokensOfChunk: 1_000);
        string id = await ReserveAsync("ann", input: 10, output: 100);
        var used = await model.AskAsync(input: 10);
        Assert.Equal(200, (await CommitAsync(id, used)).Status);
        var refused = await PostAsync("ann", input: 1, output: 1);
        Assert.Equal((429, "output"), (refused.Status, refused.Text("limit")));
        Assert.InRange(refused.Number("retryAfterMs"), 1, 12_001);
        Assert.Equal(201, (await PostAsync("bob", input: 1, output: 1)).Status);
    }

    [Fact]
    public async Task A_gateway_that_dies_between_leaves_its_estimate_spent_and_its_stream_free_after_the_ttl()
    {
        await using var model = await FakeModel.StartAsync(chunks: 12, tokensOfChunk: 1, diesAfter: 5);
        for (int i = 0; i < 4; i++)
        {
            await ReserveAsync("ann", input: 100, output: 100, ttlMs: 1_000);
            await Assert.ThrowsAnyAsync<Exception>(() => model.AskAsync(input: 100));
        }

        var refused = await PostAsync("ann", input: 1, output: 1);
        Assert.Equal((429, "streams"), (refused.Status, refused.Text("limit")));
        await Until.TrueAsync(async () => (await PostAsync("ann", input: 0, output: 0)).Status == 201, () => "no stream is free");
        Assert.Equal(1_999_200, (await LeftAsync("ann")).Tokens);
    }

    private async Task<string> ReserveAsync(string key, long input, long output, int ttlMs = 60_000)
    {
        var reserved = await PostAsync(key, input, output, ttlMs);
        Assert.Equal(201, reserved.Status);
        return reserved.Text("id");
    }

    private Task<Answer> PostAsync(string key, long input, long output, int ttlMs = 60_000) => Http.PostAsync(
        "/v1/reservations",
        JsonSerializer.Serialize(new { key, ttlMs, attributes = new { model = Model }, costs = CostsOf((input, output)) }));

    private Task<Answer> CommitAsync(string id, (long Input, long Output) used) =>
        Http.PostAsync($"/v1/reservations/{id}/commit", JsonSerializer.Serialize(new { costs = CostsOf(used) }));

    private static Dictionary<string, long> CostsOf((long Input, long Output) used) => new()
    {
        ["input"] = used.Input,
        ["output"] = used.Output,
        ["tokens"] = used.Input + used.Output,
        ["micros"] = (2 * used.Input) + (10 * used.Output),
    };

    /// <summary>Tokens of the day are exact. Input and output come back with time, so there is at least so much.</summary>
    private static void AssertLeft((long Input, long Output, long Tokens) left, long input, long output, long tokens)
    {
        Assert.Equal(tokens, left.Tokens);
        Assert.InRange(left.Input, input, 200_000);
        Assert.InRange(left.Output, output, 50_000);
    }

    private static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", file);

    /// <summary>Input, output and tokens that are left.</summary>
    private async Task<(long Input, long Output, long Tokens)> LeftAsync(string key)
    {
        var checkedNow = await Http.PostAsync("/v1/check", JsonSerializer.Serialize(new { key, cost = 0, attributes = new { model = Model } }));
        var left = checkedNow.Json.GetProperty("limits").EnumerateArray().ToDictionary(limit => limit.GetProperty("name").GetString()!, limit => limit.GetProperty("remaining").GetInt64());
        return (left["input"], left["output"], left["tokens"]);
    }
}

public sealed class LlmGatewayInMemory : LlmGatewayTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerInMemory.StartAsync(AdminCalls.Setting);
}

public sealed class LlmGatewayOnRedis : LlmGatewayTests
{
    private protected override async Task<IOwnServer> StartAsync() => await ServerOnRedis.StartAsync(AdminCalls.Setting);
}
