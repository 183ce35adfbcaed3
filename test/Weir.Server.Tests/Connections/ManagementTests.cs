using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Connections;

/// <summary>Metrics, health and admin on addresses of their own.</summary>
public sealed class ManagementTests
{
    private const string Apart = "Weir:Management:Urls=http://127.0.0.1:0";

    [Theory]
    [InlineData("/metrics", 404, 200)]
    [InlineData("/admin/tenants", 404, 200)]
    [InlineData("/livez", 200, 200)]
    [InlineData("/readyz", 200, 200)]
    [InlineData("/openapi/v1.json", 200, 200)]
    [InlineData("/limit/check?key=k", 200, 404)]
    [InlineData("/nothing", 404, 404)]
    public async Task Each_path_is_served_where_it_belongs(string path, int onPublic, int onManagement)
    {
        await using var server = await RunningServer.StartAsync(Apart, AdminCalls.Setting);
        using var management = new HttpCalls(server.Management);
        Assert.Equal(
            (onPublic, onManagement),
            ((await server.Http.CallAsync(AdminCalls.Key, HttpMethod.Get, path)).Status, (await management.CallAsync(AdminCalls.Key, HttpMethod.Get, path)).Status));
    }

    [Fact]
    public async Task Admin_still_asks_for_its_key_there_and_other_methods_do_too()
    {
        await using var server = await RunningServer.StartAsync(Apart, AdminCalls.Setting);
        using var management = new HttpCalls(server.Management);
        (await management.GetAsync("/admin/tenants")).AssertProblem(401);
        (await management.SendAsync(HttpMethod.Patch, "/admin/tenants", null)).AssertProblem(401);
        (await server.Http.SendAsync(HttpMethod.Patch, "/admin/tenants", null)).AssertProblem(404);
        (await management.PostAsync("/v1/take", """{"key":"k"}""")).AssertProblem(404);
    }

    [Fact]
    public async Task L10_its_connections_are_outside_of_the_bound_of_callers()
    {
        await using var server = await RunningServer.StartAsync(Apart, "Weir:Limits:Connections=2");
        using var first = await RawConnection.OpenAsync(server.Address);
        using var second = await RawConnection.OpenAsync(server.Address);
        await Assert.ThrowsAsync<HttpRequestException>(() => server.Http.GetAsync("/livez"));
        using var management = new HttpCalls(server.Management);
        Assert.Equal(200, (await management.GetAsync("/readyz")).Status);
        Assert.Equal(200, (await management.GetAsync("/metrics")).Status);
    }

    [Theory]
    [InlineData("http://127.0.0.1:99999")]
    [InlineData("https://127.0.0.1:9090")]
    [InlineData("9090")]
    public async Task An_address_that_is_none_is_refused(string url)
    {
        var thrown = await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync($"Weir:Management:Urls={url}"));
        Assert.StartsWith($"Weir:Management:Urls: \"{url}\" ", thrown.Message, StringComparison.Ordinal);
    }
}
