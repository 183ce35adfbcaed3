using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.V1;

/// <summary>
/// Embedded mode, with a memory that invented tenants have filled: tenants that the document or live data names lose
/// nothing (law L9).
/// </summary>
public sealed class FullMemoryTests : IAsyncLifetime
{
    private const int MaxKeys = 1_000;
    private const int NewKeys = 200;

    private readonly PolicyFile _policies = new();
    private RunningServer _server = null!;

    private HttpCalls Http => _server.Http;

    public async ValueTask InitializeAsync() => _server = await RunningServer.StartAsync(_policies.Setting, AdminCalls.Setting, $"Weir:Memory:MaxKeys={MaxKeys}");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _policies.Dispose();
    }

    private async Task<int> AllowedAsync(IEnumerable<(string Tenant, string Key)> takes)
    {
        string requests = string.Join(',', takes.Select(take => $$"""{"tenant":"{{take.Tenant}}","key":"{{take.Key}}","cost":10}"""));
        var answer = await Http.PostAsync("/v1/batch", $$"""{"requests":[{{requests}}]}""");
        Assert.True(answer.Status == 200, answer.Body);
        return answer.Json.GetProperty("decisions").EnumerateArray().Count(decision => decision.GetProperty("allowed").GetBoolean());
    }

    [Fact]
    public async Task Each_new_key_of_a_tenant_of_the_document_or_of_live_data_has_its_whole_limit()
    {
        // So slow that nothing drains while the test runs, for all who have no plan of their own.
        Assert.Equal(200, (await Http.PutPoliciesAsync(PolicyFile.Common.Replace("defaultPlan: free", "defaultPlan: slow", StringComparison.Ordinal))).Status);
        int invented = 0;
        for (int i = 0; i < 6; i++)
            invented += await AllowedAsync(Enumerable.Range(i * 1_000, 1_000).Select(tenant => ($"invented{tenant}", "k")));
        Assert.InRange(invented, MaxKeys, 3 * MaxKeys);

        Assert.Equal(NewKeys, await AllowedAsync(Enumerable.Range(0, NewKeys).Select(key => ("sloth", $"new{key}"))));
        Assert.Equal(200, (await Http.PutTenantAsync("newcomer", """{"plan":"slow"}""")).Status);
        Assert.Equal(NewKeys, await AllowedAsync(Enumerable.Range(0, NewKeys).Select(key => ("newcomer", $"new{key}"))));
        foreach (string tenant in new[] { "sloth", "newcomer" })
            Assert.Equal(0, await AllowedAsync(Enumerable.Range(0, NewKeys).Select(key => (tenant, $"new{key}"))));
    }

    [Fact]
    public async Task A_tenant_that_becomes_listed_has_spent_what_it_had_spent()
    {
        Assert.Equal(50, await AllowedAsync(Enumerable.Range(0, 50).Select(key => ("acme2", $"k{key}"))));
        Assert.Equal(200, (await Http.PutTenantAsync("acme2", """{"plan":"slow"}""")).Status);
        Assert.Equal(0, await AllowedAsync(Enumerable.Range(0, 50).Select(key => ("acme2", $"k{key}"))));
        Assert.Equal(204, (await Http.AdminAsync(HttpMethod.Delete, "/admin/buckets?tenant=acme2&key=k7")).Status);
        Assert.Equal(1, await AllowedAsync(Enumerable.Range(0, 50).Select(key => ("acme2", $"k{key}"))));
    }
}
