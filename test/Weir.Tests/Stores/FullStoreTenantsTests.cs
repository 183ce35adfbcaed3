using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>Law L9 at the limit of a full store: invented tenants end in one bucket, and take nothing from a listed one's.</summary>
public sealed class FullStoreTenantsTests
{
    private static readonly TokenQuota Slow = TokenQuota.Create(1, TimeSpan.FromDays(1), 10);

    [Fact]
    public async Task L9_Invented_tenants_without_end_leave_a_listed_tenant_its_bucket()
    {
        var store = Some.Memory(Some.Clock(), maxKeys: MemoryStoreOptions.LeastKeys);
        for (int i = 0; i < 10_000; i++)
            Assert.NotEqual(StoreFault.Full, (await store.TakeAsync(Some.Request("k", tenant: $"invented-{i}", quota: Slow) with { TenantIsListed = false })).Fault);

        int allowed = 0;
        for (int i = 0; i < 20; i++)
            allowed += (await store.TakeAsync(Some.Request("k", tenant: "listed", quota: Slow))).Outcome == BucketOutcome.Allowed ? 1 : 0;
        Assert.Equal(10, allowed);
    }

    [Fact]
    public void The_policies_say_who_is_listed()
    {
        var policies = PolicyDocument.Parse("defaultPlan: free\nplans: { free: { limits: { per-key: { rate: 5/s } } } }\ntenants: { acme: { plan: free } }\n", "test");

        Assert.True(policies.Resolve(new RequestFacts("acme", "k")).TenantIsListed);
        Assert.False(policies.Resolve(new RequestFacts("stranger", "k")).TenantIsListed);
    }
}
