using Weir.Server.Tests.Harness;
using Weir.Tests.Policies;

namespace Weir.Server.Tests.Admin;

/// <summary>Every bad document there is, put to a running server.</summary>
public sealed class BadDocumentsOverHttpTests : IAsyncLifetime
{
    private readonly PolicyFile _policies = new();
    private RunningServer _server = null!;

    private HttpCalls Http => _server.Http;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(_policies.Setting, AdminCalls.Setting);

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _policies.Dispose();
    }

    [Fact]
    public async Task L12_two_hundred_bad_documents_are_each_refused_with_line_and_path_and_the_running_one_stays()
    {
        await Http.PutPoliciesAsync(BadTenants.Document);
        var before = await Http.AdminAsync(HttpMethod.Get, "/admin/policies");
        long changes = await ChangesAsync();
        string explained = await ExplainedAsync();

        foreach (var (name, text, report) in BadDocuments.All)
        {
            string type = text.StartsWith('{') ? "application/json" : "application/yaml";
            var put = await Http.AdminAsync(HttpMethod.Put, "/admin/policies", text, type);
            AssertRefused(put, name, report);
            AssertRefused(await Http.AdminAsync(HttpMethod.Post, "/admin/policies:validate", text, type), name, report);
        }

        var after = await Http.AdminAsync(HttpMethod.Get, "/admin/policies");
        Assert.Equal((before.Body, before.Header("ETag")), (after.Body, after.Header("ETag")));
        Assert.Equal(changes, await ChangesAsync());
        Assert.Equal(explained, await ExplainedAsync());
    }

    [Fact]
    public async Task L12_bad_texts_for_a_tenant_are_refused_with_line_and_path_and_the_tenant_stays()
    {
        await Http.PutPoliciesAsync(BadTenants.Document);
        await Http.PutTenantAsync("acme", """{"plan":"pro"}""");
        var before = await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme");
        long changes = await ChangesAsync();

        foreach (var (name, text, report) in BadTenants.All)
            AssertRefused(await Http.PutTenantAsync("acme", text), name, report);

        var after = await Http.AdminAsync(HttpMethod.Get, "/admin/tenants/acme");
        Assert.Equal((before.Body, before.Header("ETag")), (after.Body, after.Header("ETag")));
        Assert.Equal(changes, await ChangesAsync());
    }

    private async Task<long> ChangesAsync() => (await Http.AdminAsync(HttpMethod.Get, "/admin/audit")).Json.GetProperty("changes").GetArrayLength();

    /// <summary>The version that decides, and all numbers it decides by.</summary>
    private async Task<string> ExplainedAsync()
    {
        var explained = await Http.AdminAsync(HttpMethod.Get, "/admin/explain?tenant=acme&key=k");
        return $"{explained.Number("version")} {explained.Json.GetProperty("limits").GetRawText()}";
    }

    /// <summary>The answer says the same as the parser, field by field.</summary>
    private static void AssertRefused(Answer answer, string name, string report)
    {
        Assert.True(answer.Status == 400, $"{name}: {answer.Status} {answer.Body}");
        answer.AssertProblem(400);
        var errors = answer.Json.GetProperty("errors").EnumerateArray().Select(error =>
            (Line: error.GetProperty("line").GetInt32(), Path: error.GetProperty("path").GetString()!, Message: error.GetProperty("message").GetString()!)).ToList();
        Assert.All(errors, error => Assert.True(error.Line >= 1, name));
        Assert.Equal(
            report.Split('\n').Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]),
            errors.Select(error => error.Path.Length == 0 ? $"{error.Line}: {error.Message}" : $"{error.Line}: {error.Path}: {error.Message}"));
    }
}
