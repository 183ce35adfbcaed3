using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Paths;

/// <summary>What somebody sees who opens the address in a browser, or asks it with curl.</summary>
public sealed class RootPageTests
{
    [Fact]
    public async Task A_browser_gets_a_page_that_says_the_version_how_it_decides_and_where_to_go_on()
    {
        await using var server = await RunningServer.StartAsync();
        var page = await GetAsync(server.Http, "text/html,application/xhtml+xml");
        Assert.Equal((200, "text/html"), (page.Status, page.MediaType));
        Assert.Contains($"<h1>Weir {ProductVersion.Text}</h1>", page.Body, StringComparison.Ordinal);
        Assert.Contains("It decides from memory: this instance alone.", page.Body, StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        foreach (string link in page.Body.Split("href=\"")[1..].Select(rest => rest.Split('"')[0]))
            Assert.Equal(200, (await server.Http.GetAsync(link)).Status);
    }

    [Fact]
    public async Task Curl_gets_text()
    {
        await using var server = await RunningServer.StartAsync();
        var page = await GetAsync(server.Http, "*/*");
        Assert.Equal((200, "text/plain"), (page.Status, page.MediaType));
        Assert.StartsWith($"Weir {ProductVersion.Text}, a rate limiter", page.Body, StringComparison.Ordinal);
        Assert.Contains("/metrics", page.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task On_Redis_it_says_so()
    {
        await using var redis = await TestRedis.StartAsync();
        await using var server = await RunningServer.StartAsync($"Weir:Redis:Endpoints={redis.Endpoint}", "Weir:Redis:DeadlineMs=2000");
        Assert.Contains("It decides on Redis", (await GetAsync(server.Http, "*/*")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_links_what_is_served_on_its_address_and_needs_no_key()
    {
        await using var server = await RunningServer.StartAsync([.. KeyCalls.Closed, "Weir:Management:Urls=http://127.0.0.1:0"]);
        using var management = new HttpCalls(server.Management);
        Assert.DoesNotContain("/metrics", (await GetAsync(server.Http, "*/*")).Body, StringComparison.Ordinal);
        Assert.Contains("/metrics", (await GetAsync(management, "*/*")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/healthz")]
    [InlineData("/health/ready")]
    [InlineData("/ping")]
    public async Task A_path_that_others_have_for_health_says_ours(string path)
    {
        await using var server = await RunningServer.StartAsync();
        var answer = await server.Http.GetAsync(path);
        answer.AssertProblem(404);
        Assert.Equal("health is at /livez (alive) and /readyz (how it decides)", answer.Text("detail"));
    }

    private static Task<Answer> GetAsync(HttpCalls http, string accept) =>
        http.SendAsync(HttpMethod.Get, "/", body: null, type: "", new() { ["Accept"] = accept });
}
