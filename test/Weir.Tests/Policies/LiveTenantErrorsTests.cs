using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Policies;

/// <summary>A document that live tenants do not fit is told which of them.</summary>
public sealed class LiveTenantErrorsTests : IDisposable
{
    private static readonly PolicySet Before = PolicyDocument.Parse(
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { rate: 1/s } } }
          pro: { limits: { per-key: { rate: 9/s }, daily: { rate: 1/h } } }
        """,
        "before");

    private static readonly PolicySet After = PolicyDocument.Parse(
        "defaultPlan: free\nplans: { free: { limits: { per-key: { rate: 1/s } } } }", "after");

    private readonly LivePolicies _policies = new(Before, new FakeTimeProvider());

    public void Dispose() => _policies.Dispose();

    [Theory]
    [InlineData("acme", """{"plan":"pro"}""", "tenants.acme.plan")]
    [InlineData("globex", """{"limits":{},"plan":"pro"}""", "tenants.globex.plan")]
    [InlineData("t-1", "{\n  \"plan\": \"pro\"\n}", "tenants.t-1.plan")]
    public void A_document_that_does_not_fit_names_the_live_tenant_and_no_line_of_its_text(string tenant, string text, string path)
    {
        Assert.Empty(_policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Tenant, tenant, 1, text)], IsWhole: false)));

        foreach (var errors in new[] { _policies.Try(After), _policies.UseFile(After) })
        {
            var error = Assert.Single(errors);
            Assert.Equal((path, 0, 0), (error.Path, error.Line, error.Column));
            Assert.StartsWith($"tenant {tenant} is live data, under which this document must hold: ", error.Message, StringComparison.Ordinal);
            Assert.EndsWith($"; mend the document, or change the tenant by /admin/tenants/{tenant}", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_tenants_own_text_has_its_lines()
    {
        var error = Assert.Single(_policies.TryTenant("acme", "{\n  \"plan\": \"gold\"\n}"));

        Assert.Equal(("plan", 2), (error.Path, error.Line));
    }
}
