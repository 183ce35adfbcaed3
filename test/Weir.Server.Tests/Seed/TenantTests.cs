using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Seed;

public sealed class TenantTests(EmbeddedServer embedded) : IClassFixture<EmbeddedServer>
{
    private readonly HttpCalls _http = embedded.Http;

    [Fact]
    public async Task A_tenant_is_named_by_a_field()
    {
        string key = Fresh.Key();

        var taken = await _http.PostAsync("/limit/incr", $$"""{"key":"{{key}}","tenant":"acme"}""");

        Assert.Equal(99, taken.Number("remaining"));
    }

    [Fact]
    public async Task A_tenant_is_named_by_the_query() =>
        Assert.Equal(100, (await _http.GetAsync($"/limit/check?key={Fresh.Key()}&tenant=acme")).Number("remaining"));

    [Fact]
    public async Task A_tenant_is_named_by_the_header()
    {
        string key = Fresh.Key();

        Assert.Equal(9, (await _http.PostAsync("/limit/incr", $$"""{"key":"{{key}}"}""", "slow")).Number("remaining"));
        Assert.Equal(9, (await _http.GetAsync($"/limit/check?key={key}", "slow")).Number("remaining"));
        Assert.Equal("slow", (await _http.TakeAsync(key, tenant: "slow")).Text("tenant"));
    }

    [Fact]
    public async Task A_field_and_a_header_may_agree() =>
        Assert.Equal(200, (await _http.PostAsync("/limit/incr", $$"""{"key":"{{Fresh.Key()}}","tenant":"acme"}""", "acme")).Status);

    [Theory]
    [InlineData("/limit/incr")]
    [InlineData("/v1/take")]
    [InlineData("/v1/check")]
    public async Task A_field_and_a_header_that_disagree_are_a_mistake_that_spends_nothing(string path)
    {
        string key = Fresh.Key();

        var refused = await _http.PostAsync(path, $$"""{"key":"{{key}}","tenant":"sloth"}""", "slow");

        refused.AssertProblem(400);
        Assert.Equal("tenant", refused.Text("field"));
        Assert.Equal("tenant and the header X-Tenant-Id name different tenants: send one of them", refused.Text("detail"));
        Assert.Equal(10, await _http.RemainingAsync(key, "slow"));
        Assert.Equal(10, await _http.RemainingAsync(key, "sloth"));
    }

    [Fact]
    public async Task A_query_and_a_header_that_disagree_are_a_mistake()
    {
        var refused = await _http.GetAsync($"/limit/check?key={Fresh.Key()}&tenant=sloth", "slow");

        refused.AssertProblem(400);
        Assert.Equal("tenant", refused.Text("field"));
    }

    [Fact]
    public async Task A_header_that_is_given_twice_is_a_mistake()
    {
        using var connection = await RawConnection.OpenAsync(embedded.Server.Address);

        await connection.SendAsync("GET /limit/check?key=k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Tenant-Id: slow\r\nX-Tenant-Id: slow\r\n\r\n");

        string refused = await connection.ReadToEndAsync();
        Assert.StartsWith("HTTP/1.1 400 ", refused, StringComparison.Ordinal);
        Assert.Contains("X-Tenant-Id is given 2 times: give it once", refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("ümlaut")]
    [InlineData("a/b")]
    public async Task A_header_with_characters_that_no_tenant_has_is_a_mistake(string tenant)
    {
        var refused = await _http.GetAsync($"/limit/check?key={Fresh.Key()}", Uri.EscapeDataString(tenant));

        refused.AssertProblem(400);
        Assert.Equal("tenant", refused.Text("field"));
    }

    [Fact]
    public async Task L9_Tenants_have_buckets_of_their_own_for_the_same_key()
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 10, "slow");

        Assert.Equal(0, await _http.RemainingAsync(key, "slow"));
        Assert.Equal(10, await _http.RemainingAsync(key, "sloth"));
        Assert.Equal(10, await _http.RemainingAsync(key));
    }

    [Fact]
    public async Task L9_Unknown_tenants_are_on_the_default_plan_with_buckets_of_their_own()
    {
        string key = Fresh.Key(), spender = Fresh.Tenant(), other = Fresh.Tenant();

        var taken = await _http.TakeAsync(key, 10, spender);

        Assert.Equal("free", taken.Text("plan"));
        Assert.Equal(spender, taken.Text("tenant"));
        Assert.Equal(0, taken.Number("remaining"));
        Assert.Equal(10, await _http.RemainingAsync(key, other));
        Assert.Equal(10, await _http.RemainingAsync(key));
    }

    [Fact]
    public async Task L9_No_way_of_writing_a_key_reaches_the_bucket_of_another_tenant()
    {
        string key = Fresh.Key();
        await _http.TakeAsync(key, 10, "slow");

        foreach (string crafted in (string[])[$"slow:{key}", $"slow}}:per-key:{key}", $"../slow/{key}", $"slow\\u0000{key}"])
        {
            var taken = await _http.TakeAsync(crafted, 1, "sloth");
            Assert.Equal(9, taken.Number("remaining"));
        }
    }
}
