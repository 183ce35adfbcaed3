using System.Reflection;

namespace Weir.Server.Tests.Paths;

/// <summary>A client that a generator makes of the OpenAPI description compiles, and is understood.</summary>
public sealed class GeneratedClientTests(GeneratedClient client) : IClassFixture<GeneratedClient>
{
    [Fact]
    public void Its_methods_are_called_as_the_operations_are()
    {
        string[] names = [.. client.Type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(method => method.Name).Distinct()];
        foreach (string operation in (string[])["take", "check", "refund", "takeBatch", "reserve", "commitReservation", "cancelReservation", "putTenant", "block", "explain", "ready"])
            Assert.Contains($"{char.ToUpperInvariant(operation[0])}{operation[1..]}Async", names);
    }

    [Fact]
    public async Task It_takes_and_reads_the_decision()
    {
        object decision = await client.CallAsync("TakeAsync", ("key", null), client.Body("TakeBody", ("Key", "k"), ("Cost", 3L), ("Tenant", "slow")));
        Assert.Equal((true, 7L, 10L, "per-key"), (GeneratedClient.Value(decision, "Allowed"), GeneratedClient.Value(decision, "Remaining"), GeneratedClient.Value(decision, "Capacity"), GeneratedClient.Value(decision, "Limit")));
    }

    [Fact]
    public async Task It_checks_by_query()
    {
        object seed = await client.CallAsync("CheckLimitAsync", ("key", "checked"), ("tenant", "slow"), ("cost", 4L), ("attributes", """{"route":"/search"}"""));
        Assert.Equal((true, 10L, "memory"), (GeneratedClient.Value(seed, "Allowed"), GeneratedClient.Value(seed, "Remaining"), GeneratedClient.Value(seed, "Source")));
    }

    [Fact]
    public async Task It_gives_a_tenant_a_plan_and_sees_it()
    {
        object put = await client.CallAsync("PutTenantAsync", ("id", "globex"), client.Body("LiveTenantBody", ("Plan", "slow")));
        object tenant = await client.CallAsync("GetTenantAsync", ("id", "globex"));
        Assert.Equal((1L, "slow", "live"), (GeneratedClient.Value(put, "Version"), GeneratedClient.Value(tenant, "Plan"), GeneratedClient.Value(tenant, "From")));
    }

    [Fact]
    public async Task It_reads_a_refusal_as_what_it_is()
    {
        var thrown = await Assert.ThrowsAnyAsync<Exception>(() => client.CallAsync("TakeAsync", client.Body("TakeBody", ("Key", "k"), ("Cost", 11L), ("Tenant", "slow"))));
        object refusal = GeneratedClient.Value(thrown, "Result")!;
        Assert.Equal((429, false, "per-key"), (GeneratedClient.Value(thrown, "StatusCode"), GeneratedClient.Value(refusal, "Allowed"), GeneratedClient.Value(refusal, "Limit")));
    }
}
