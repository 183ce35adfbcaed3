using System.Text;

namespace Weir.Tests.Policies;

public sealed class ManyTenantsTests
{
    private const int Tenants = 100_000;

    private const string Plans = "defaultPlan: free\nplans:\n  free: { limits: { per-key: { rate: 5/s } } }\n  pro: { limits: { per-key: { rate: 50/s } } }\ntenants:\n";

    [Fact]
    public void Tenants_without_overrides_share_their_plan_and_equal_overrides_share_theirs()
    {
        var policies = PolicyDocument.Parse(Document(), "p.yaml");

        Assert.Equal(Tenants, policies.Tenants.Count);
        Assert.Same(policies.DefaultPlan, policies.PlanOf("t0"));
        Assert.Same(policies.Plans.Last(), policies.PlanOf("t1"));
        Assert.Same(policies.PlanOf("t2"), policies.PlanOf("t6"));
        Assert.NotSame(policies.DefaultPlan, policies.PlanOf("t2"));
        Assert.Same(policies.DefaultPlan, policies.PlanOf("t3"));
        Assert.Equal(3, policies.Tenants.Select(policies.PlanOf).Distinct(ReferenceEqualityComparer.Instance).Count());
        Assert.Same(policies.PlanOf("other").Limits[0], policies.DefaultPlan.Limits[0]);
    }

    [Fact]
    public void L10_a_hundred_thousand_tenants_load_in_a_bounded_number_of_bytes()
    {
        string text = Document();
        PolicyDocument.Parse(Plans, "p.yaml");

        long before = GC.GetAllocatedBytesForCurrentThread();
        PolicyDocument.Parse(text, "p.yaml");
        long each = (GC.GetAllocatedBytesForCurrentThread() - before) / Tenants;

        Assert.InRange(each, 0, 8_000);
    }

    private static string Document()
    {
        var text = new StringBuilder(Plans);
        for (int i = 0; i < Tenants; i++)
        {
            text.Append($"  t{i}: ").AppendLine((i % 4) switch
            {
                0 => "{}",
                1 => "{ plan: pro }",
                2 => "{ plan: pro, limits: { per-key: { rate: 20/s } } }",
                _ => "{ plan: free, limits: { per-key: { by: [key], rate: 5/s, burst: 10 } } }",
            });
        }

        return text.ToString();
    }
}
