using System.Text.Json.Nodes;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyJsonTests : IDisposable
{
    private const string Config =
        """
        domain: shop
        descriptors:
          - { key: user, rate_limit: { unit: year, requests_per_unit: 2, name: per-user } }
          - { key: free, rate_limit: { unlimited: true } }
        """;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_request_is_answered_as_proto3_JSON()
    {
        await using var server = await StartAsync();
        const string Anna = """{"entries":[{"key":"user","value":"anna"}]}""";
        var first = await PostAsync(server, $$"""{"domain":"shop","descriptors":[{{Anna}}]}""");
        Assert.Equal(200, first.Status);
        var status = Node(first)["statuses"]![0]!;
        Assert.Equal("OK", (string?)Node(first)["overallCode"]);
        Assert.Equal(
            """{"name":"per-user","requestsPerUnit":2,"unit":"YEAR"}""", status["currentLimit"]!.ToJsonString());
        Assert.Equal(1, (int)status["limitRemaining"]!);
        Assert.Matches("^[0-9]+s$", (string?)status["durationUntilReset"]);

        var over = await PostAsync(
            server,
            $$"""{"domain":"shop","hits_addend":"2","descriptors":[{{Anna}},{"entries":[{"key":"free"}]}]}""");
        Assert.Equal(429, over.Status);
        Assert.Equal("OVER_LIMIT", (string?)Node(over)["overallCode"]);
        Assert.Equal("""{"code":"OK","limitRemaining":4294967295}""", Node(over)["statuses"]![1]!.ToJsonString());

        var own = await PostAsync(
            server,
            """
            {"domain":"shop","descriptors":[
              {"entries":[{"key":"a"}],"limit":{"requestsPerUnit":7,"unit":"HOUR"},"hitsAddend":"3"}]}
            """);
        Assert.Equal(4, (int)Node(own)["statuses"]![0]!["limitRemaining"]!);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"domain":"shop"}""")]
    [InlineData("""{"domain":"shop","descriptors":[null]}""")]
    [InlineData("""{"domain":"shop","descriptors":[{"entries":[null]}]}""")]
    [InlineData("""{"domain":"shop","descriptors":[{}],"other":1}""")]
    [InlineData("""{"domain":"shop","descriptors":[{}]} x""")]
    [InlineData("""{"domain":"shop","descriptors":[{"limit":{"unit":"FORTNIGHT"}}]}""")]
    [InlineData("""{"domain":"shop","descriptors":[{"entries":[{"key":"user","value":"\ud800"}]}]}""")]
    public async Task A_wrong_request_is_a_bad_request(string body)
    {
        await using var server = await StartAsync();
        (await PostAsync(server, body)).AssertProblem(400);
    }

    [Fact]
    public async Task The_path_is_unknown_without_a_configuration()
    {
        await using var server = await ServerInMemory.StartAsync();
        Assert.Equal(404, (await PostAsync(server, "{}")).Status);
    }

    [Fact]
    public async Task A_wrong_configuration_stops_the_start()
    {
        string path = _folder.Write("a.yaml", "domain: shop\ndescriptors: [{}]");
        var wrong = await Assert.ThrowsAsync<PolicyException>(
            () => ServerInMemory.StartAsync($"Weir:Envoy:Config={path}"));
        Assert.Equal($"{path}:2: descriptors[0]: has no key: write the key of an entry, such as user", wrong.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Instances_on_one_Redis_share_the_counters(bool chargeAll)
    {
        string[] settings =
        [
            $"Weir:Envoy:Config={_folder.Write("shop.yaml", Config)}", $"Weir:Envoy:ChargeAll={chargeAll}",
            "Weir:Redis:LeaseMs=0",
        ];
        await using var redis = await ServerOnRedis.StartAsync(settings);
        await using var other = await redis.StartAnotherAsync(settings);
        const string Both =
            """
            {"domain":"shop","descriptors":[
              {"entries":[{"key":"user","value":"a"}]},{"entries":[{"key":"user","value":"b"}]}]}
            """;
        const string One = """{"domain":"shop","descriptors":[{"entries":[{"key":"user","value":"b"}]}]}""";
        Assert.Equal(200, (await PostAsync(redis.Server, Both)).Status);
        Assert.Equal(200, (await PostAsync(other, Both.Replace("\"b\"", "\"c\""))).Status);
        Assert.Equal(429, (await PostAsync(other, Both)).Status);
        Assert.Equal(chargeAll ? 429 : 200, (await PostAsync(redis.Server, One)).Status);
        Assert.Equal(429, (await PostAsync(other, One)).Status);
    }

    [Fact]
    public async Task In_an_outage_the_plan_of_the_tenant_decides_how()
    {
        foreach (string domain in (string[])["shut", "open", "local"])
            _folder.Write($"{domain}.yaml", Config.Replace("shop", domain).Replace("unit: 2", "unit: 1"));
        await using var redis = await ServerOnRedis.StartAsync($"Weir:Envoy:Config={_folder.Path}");
        await redis.BreakAsync();
        string Of(string domain) => $$"""{"domain":"{{domain}}","descriptors":[{"entries":[{"key":"user"}]}]}""";
        (await PostAsync(redis.Server, Of("shut"))).AssertProblem(503);
        Assert.Equal(200, (await PostAsync(redis.Server, Of("open"))).Status);
        Assert.Equal(200, (await PostAsync(redis.Server, Of("open"))).Status);
        Assert.Equal(200, (await PostAsync(redis.Server, Of("local"))).Status);
        Assert.Equal(429, (await PostAsync(redis.Server, Of("local"))).Status);
    }

    [Fact]
    public async Task A_key_of_one_tenant_is_for_its_domain_alone()
    {
        const string Key = "0123456789abcdef0123456789abcdef";
        await using var server = await ServerInMemory.StartAsync(
            $"Weir:Envoy:Config={_folder.Write("shop.yaml", Config)}", "Weir:Auth:Keys:0:Name=one",
            $"Weir:Auth:Keys:0:Key={Key}", "Weir:Auth:Keys:0:Scope=take", "Weir:Auth:Keys:0:Tenant=shop");
        async Task<int> StatusOf(string? key, string domain) => (await server.Server.Http.CallAsync(
            key, HttpMethod.Post, EnvoyJsonEndpoint.Path,
            $$"""{"domain":"{{domain}}","descriptors":[{"entries":[{"key":"user"}]}]}""")).Status;
        Assert.Equal(401, await StatusOf(null, "shop"));
        Assert.Equal(200, await StatusOf(Key, "shop"));
        Assert.Equal(404, await StatusOf(Key, "store"));
    }

    private Task<ServerInMemory> StartAsync() =>
        ServerInMemory.StartAsync($"Weir:Envoy:Config={_folder.Write("shop.yaml", Config)}");

    private static Task<Answer> PostAsync(ServerInMemory server, string body) => PostAsync(server.Server, body);

    private static Task<Answer> PostAsync(RunningServer server, string body) =>
        server.Http.PostAsync(EnvoyJsonEndpoint.Path, body);

    private static JsonNode Node(Answer answer) => JsonNode.Parse(answer.Body)!;
}
