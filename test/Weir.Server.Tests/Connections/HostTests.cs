using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Connections;

/// <summary>Which <c>Host</c> headers a server answers that is open to this machine (DNS rebinding).</summary>
public sealed class HostTests
{
    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:3000", 200)]
    [InlineData("weir.localhost", 200)]
    [InlineData("127.0.0.1", 200)]
    [InlineData("127.8.9.10:80", 200)]
    [InlineData("[::1]:3000", 200)]
    [InlineData("evil.example", 400)]
    [InlineData("evil.example:3000", 400)]
    [InlineData("localhost.evil.example", 400)]
    [InlineData("127.0.0.1.evil.example", 400)]
    [InlineData("10.0.0.1", 400)]
    [InlineData("[2001:db8::1]", 400)]
    public async Task Only_hosts_of_this_machine_are_answered(string host, int status)
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting);
        foreach (string path in (string[])["/limit/check?key=k", "/livez", "/metrics", "/openapi/v1.json"])
            Assert.Equal(status, (await CallAsync(server, path, host)).Status);
        var admin = await CallAsync(server, "/admin/tenants", host, AdminCalls.Key);
        Assert.Equal(status, admin.Status);
        if (status == 400)
            Assert.Equal(("Host", true), (admin.Text("field"), admin.Text("detail").Contains("AllowedHosts", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task This_machine_is_known_by_its_name()
    {
        await using var server = await RunningServer.StartAsync();
        Assert.Equal(200, (await CallAsync(server, "/livez", Environment.MachineName)).Status);
    }

    [Theory]
    [InlineData("AllowedHosts=api.example", "api.example", "evil.example")]
    [InlineData("AllowedHosts=a.example; b.example", "b.example:8080", "c.example")]
    [InlineData("AllowedHosts=*.example", "a.b.example", "example.org")]
    [InlineData("AllowedHosts=api.example", "API.EXAMPLE", "a.api.example", "Weir:Auth:AllowAnonymous=false")]
    public async Task Hosts_that_are_listed_are_answered_and_those_of_this_machine(string setting, string allowed, string other, string also = "Weir:Headers=off")
    {
        await using var server = await RunningServer.StartAsync(setting, AdminCalls.Setting, also);
        Assert.Equal((200, 200, 400), ((await CallAsync(server, "/livez", allowed)).Status, (await CallAsync(server, "/livez", "localhost")).Status, (await CallAsync(server, "/livez", other)).Status));
    }

    [Theory]
    [InlineData("Weir:Auth:AllowAnonymous=false")]
    [InlineData("AllowedHosts=*")]
    public async Task Where_a_key_is_needed_or_any_host_is_allowed_the_host_does_not_matter(string setting)
    {
        await using var server = await RunningServer.StartAsync(AdminCalls.Setting, setting);
        Assert.Equal(200, (await CallAsync(server, "/limit/check?key=k", "api.example", AdminCalls.Key)).Status);
    }

    private static Task<Answer> CallAsync(RunningServer server, string path, string host, string? key = null) => server.Http.SendAsync(
        HttpMethod.Get, path, body: null, type: "", new() { ["Host"] = host, ["Authorization"] = key is null ? null : $"Bearer {key}" });
}
