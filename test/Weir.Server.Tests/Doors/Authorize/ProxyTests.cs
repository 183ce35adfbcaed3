using System.Net;
using System.Net.Sockets;
using System.Text;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>nginx and Caddy ask Weir by the files of deploy.</summary>
public sealed class ProxyTests
{
    private const string Policies = """
        defaultPlan: slow
        plans:
          slow:
            limits:
              per-key: { by: [key], rate: 10/h, burst: 1x }
              search: { by: [key], when: { route: [/search] }, rate: 1/h, burst: 1 }
        """;

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task An_allowed_request_reaches_the_app_and_a_refusal_does_not(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(name, "Weir:Authorize:Key=header:X-User");
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);

        var allowed = await proxy.SendAsync(
            HttpMethod.Post, "/orders?x=1", "a body", ("X-User", "ada"), ("Authorization", "Bearer theirs"));
        Assert.Equal((200, "POST /orders?x=1 Bearer theirs a body"), (allowed.Status, allowed.Body));
        Assert.Equal("\"per-key\";r=9;t=360", allowed.Header("RateLimit"));
        Assert.Equal("\"per-key\";q=10;w=3600", allowed.Header("RateLimit-Policy"));
        Assert.Null(allowed.Header("Retry-After"));
        for (int i = 0; i < 9; i++)
            Assert.Equal(200, (await proxy.GetAsync("/", ("X-User", "ada"))).Status);

        var refused = await proxy.GetAsync("/", ("X-User", "ada"));
        Assert.Equal((429, "application/problem+json"), (refused.Status, refused.MediaType));
        Assert.Equal("Quota exceeded", refused.Text("title"));
        Assert.StartsWith("\"per-key\";r=0;t=3", refused.Header("RateLimit"));
        Assert.Equal("\"per-key\";q=10;w=3600", refused.Header("RateLimit-Policy"));
        Assert.InRange(int.Parse(refused.Header("Retry-After")!), 1, 360);
        Assert.Equal(10, app.Requests);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task Limits_are_exact_under_concurrent_load(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(name, "Weir:Authorize:Key=header:X-User");
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);

        var requests = Enumerable.Range(0, 300).Select(i => proxy.GetAsync("/", ("X-User", $"user{i % 3}")));
        var answers = await Task.WhenAll(requests);

        Assert.Equal(30, answers.Count(answer => answer.Status == 200));
        Assert.Equal(270, answers.Count(answer => answer.Status == 429));
        Assert.Equal(30, app.Requests);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_client_cannot_choose_the_facts(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(
            name, "Weir:Authorize:Attributes:route=path", "Weir:Authorize:Attributes:method=method");
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);
        (string, string)[] forged =
        [
            ("X-Forwarded-Uri", "/other"), ("X-Original-URI", "/other"), ("X-Original-URL", "http://x/other"),
            ("X-Forwarded-Method", "PUT"), ("X-Forwarded-For", "6.6.6.6"), ("X-Tenant-Id", "other"),
        ];

        Assert.Equal(200, (await proxy.GetAsync("/search")).Status);
        Assert.Equal(429, (await proxy.GetAsync("/search", forged)).Status);
        Assert.Equal(429, (await proxy.GetAsync("/%73earch?q=1", forged)).Status);
        Assert.Equal("\"per-key\";r=8", (await proxy.GetAsync("/other", forged)).Header("RateLimit")![..13]);
        Assert.Equal(8, await weir.Server.Http.RemainingAsync("127.0.0.1"));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_request_without_a_key_is_400(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(name, "Weir:Authorize:Key=header:X-User");
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);

        var refused = await proxy.GetAsync("/");

        Assert.Equal((400, "application/problem+json"), (refused.Status, refused.MediaType));
        Assert.Equal(0, app.Requests);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_request_that_Weir_could_not_read_does_not_go_ahead(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(name);
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);
        await SpendAllAsync(proxy);
        string tooMany = string.Concat(Enumerable.Range(0, 110).Select(i => $"X-{i}: a\r\n"));
        string tooLong = string.Concat(Enumerable.Repeat($"X-Forwarded-For: {new string('a', 7_900)}\r\n", 3));

        Assert.DoesNotContain(" 200 OK", await SendAsync(proxy, tooMany), StringComparison.Ordinal);
        // The proxy refuses it by itself.
        string refused = await SendAsync(proxy, tooLong, $"/{new string('a', 8_000)}");
        Assert.Matches("^HTTP/1.1 4(00|14|31) ", refused);
        Assert.DoesNotContain("Server: Caddy", refused, StringComparison.Ordinal);
        Assert.Equal(10, app.Requests);
    }

    [Fact]
    public async Task A_request_whose_answer_Weir_breaks_off_does_not_go_ahead_at_Caddy()
    {
        Programs.Require("caddy");
        using var weir = new TcpListener(IPAddress.Loopback, 0);
        weir.Start();
        await using var app = await AppServer.StartAsync();
        using var proxy = await Proxy.StartAsync("caddy", ((IPEndPoint)weir.LocalEndpoint).Port, app);

        var asked = proxy.GetAsync("/");
        while (!asked.IsCompleted && await Task.WhenAny(asked, weir.AcceptSocketAsync()) is Task<Socket> accepted)
            (await accepted).Dispose();

        Assert.Equal(502, (await asked).Status);
        Assert.Equal(0, app.Requests);
    }

    /// <summary>Sends any bytes as headers. A proxy may drop the connection before it has read all of them.</summary>
    private static async Task<string> SendAsync(Proxy proxy, string headers, string target = "/")
    {
        using var connection = await RawConnection.OpenAsync(proxy.Http.Address);
        byte[] request = Encoding.Latin1.GetBytes(
            $"GET {target} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
        try
        {
            await connection.SendAsync(request);
        }
        catch (IOException)
        {
            // The answer may be there all the same.
        }

        return await connection.ReadToEndAsync();
    }

    [Theory]
    [InlineData("", "/caf\u00E9")]
    [InlineData("X-Any: caf\u00E9\r\n", "/")]
    [InlineData("X-User: caf\u00E9\r\n", "/")]
    [InlineData("X-Forwarded-For: caf\u00E9\r\n", "/")]
    [InlineData("many", "/")]
    public async Task Nginx_asks_Weir_whatever_headers_the_client_sends(string headers, string target)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync("nginx", "Weir:Authorize:Attributes:route=path");
        using var proxy = await Proxy.StartAsync("nginx", weir.Server.Address.Port, app);
        if (headers == "many")
            headers = string.Concat(Enumerable.Range(0, 110).Select(i => $"X-{i}: a\r\n"));

        await SendAsync(proxy, headers, target);

        Assert.Equal(9, await weir.Server.Http.RemainingAsync("127.0.0.1"));
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_request_that_the_app_fails_is_sent_to_it_once(string name)
    {
        await using var app = await AppServer.StartAsync(AppServer.Aborts);
        await using var weir = await StartWeirAsync(name);
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);

        Assert.Equal(502, (await proxy.SendAsync(HttpMethod.Post, "/orders", null)).Status);
        Assert.Equal(1, app.Requests);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_proxy_whose_key_Weir_does_not_accept_answers_503(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(name, KeyCalls.Closed);
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);

        var refused = await proxy.GetAsync("/", ("Authorization", $"Bearer {AdminCalls.Key}"));

        Assert.Equal(503, refused.Status);
        Assert.Equal(0, app.Requests);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_proxy_whose_key_is_for_another_tenant_answers_503(string name)
    {
        await using var app = await AppServer.StartAsync();
        await using var weir = await StartWeirAsync(name, [.. KeyCalls.Closed, "Weir:Authorize:Tenant=const:other"]);
        var (_, secret) = await weir.Server.Http.CreateKeyAsync("\"scope\":\"take\",\"tenant\":\"acme\"");
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app, key: secret);

        Assert.Equal(503, (await proxy.GetAsync("/")).Status);
        Assert.Equal(0, app.Requests);
    }

    [Theory]
    [InlineData("nginx")]
    [InlineData("caddy")]
    public async Task A_plan_that_denies_in_an_outage_answers_503(string name)
    {
        Programs.Require(name);
        await using var app = await AppServer.StartAsync();
        await using var weir =
            await ServerOnRedis.StartAsync(["Weir:Authorize:Tenant=const:shut", .. Proxy.SettingsFor(name)]);
        using var proxy = await Proxy.StartAsync(name, weir.Server.Address.Port, app);
        Assert.Equal(200, (await proxy.GetAsync("/")).Status);
        await weir.BreakAsync();

        var refused = await proxy.GetAsync("/");

        Assert.Equal((503, "1"), (refused.Status, refused.Header("Retry-After")));
        Assert.Equal(1, app.Requests);
    }

    [Theory]
    [InlineData("nginx", 503)]
    [InlineData("caddy", 502)]
    public async Task While_Weir_is_away_requests_go_ahead_or_are_refused_by_the_file(string name, int refused)
    {
        Programs.Require(name);
        using var policies = new PolicyFile(Policies);
        await using var app = await AppServer.StartAsync();
        int port = FreePort.Next();
        using var open = await Proxy.StartAsync(name, port, app);
        using var closed = await Proxy.StartAsync(name, port, app, isClosed: true);
        using var hasty = await Proxy.StartAsync(name, port, app, isPatient: false);
        using (var weir = await StartProcessAsync(name, port, policies))
        {
            await SpendAllAsync(open);
            Assert.Equal(429, (await closed.GetAsync("/")).Status);
            weir.Signal("KILL");
            await weir.EndedAsync();

            // A connection that Weir held when it died fails a request at Caddy.
            await Until.TrueAsync(async () => (await open.GetAsync("/")).Status == 200, () => "requests do not go ahead");
            var allowed = await open.SendAsync(HttpMethod.Post, "/a", "a body");
            Assert.Equal((200, "POST /a  a body"), (allowed.Status, allowed.Body));
            Assert.Null(allowed.Header("RateLimit"));
            Assert.Equal(refused, (await closed.GetAsync("/")).Status);
        }

        using var again = await StartProcessAsync(name, port, policies);
        await SpendAllAsync(open);
        again.Signal("STOP");
        Assert.Equal(200, (await hasty.GetAsync("/")).Status);
        again.Signal("CONT");
        Assert.Equal(429, (await closed.GetAsync("/")).Status);
    }

    private static Task<ServerProcess> StartProcessAsync(string name, int port, PolicyFile policies) =>
        ServerProcess.StartInAsync(
            [$"--urls=http://127.0.0.1:{port}", "--Weir:Memory:MaxKeys=4096", $"--{policies.Setting}",
                .. Proxy.SettingsFor(name).Select(setting => "--" + setting)]);

    private static async Task SpendAllAsync(Proxy proxy)
    {
        for (int i = 0; i < 10; i++)
            Assert.Equal(200, (await proxy.GetAsync("/")).Status);
        Assert.Equal(429, (await proxy.GetAsync("/")).Status);
    }

    private static async Task<OwnWeir> StartWeirAsync(string name, params string[] settings)
    {
        Programs.Require(name);
        var policies = new PolicyFile(Policies);
        string[] all = [policies.Setting, .. Proxy.SettingsFor(name), .. settings];
        return new OwnWeir(policies, await RunningServer.StartAsync(all));
    }

    /// <summary>A server with its policies.</summary>
    private sealed class OwnWeir(PolicyFile policies, RunningServer server) : IAsyncDisposable
    {
        public RunningServer Server => server;

        public async ValueTask DisposeAsync()
        {
            await server.DisposeAsync();
            policies.Dispose();
        }
    }
}
