using Microsoft.Extensions.Time.Testing;

namespace Weir.Tests.Policies;

/// <summary>Two hundred bad documents and more, each another fault: all refused with line, path and cure, and the running policies unchanged.</summary>
public sealed class BadDocumentsCountTests : IDisposable
{
    private readonly PolicySet _running = PolicyDocument.Parse(BadTenants.Document, "running");
    private readonly LivePolicies _policies;

    public BadDocumentsCountTests() => _policies = new LivePolicies(_running, new FakeTimeProvider());

    public static TheoryData<string> Tenants => [.. BadTenants.All.Select(text => text.Name)];

    public void Dispose() => _policies.Dispose();

    [Fact]
    public void There_are_two_hundred_of_them_and_no_two_are_alike()
    {
        Assert.True(BadDocuments.All.Length >= 200, $"there are {BadDocuments.All.Length}");
        Assert.Equal(BadDocuments.All.Length, BadDocuments.All.Select(document => document.Name).Distinct().Count());
        Assert.Equal(BadDocuments.All.Length, BadDocuments.All.Select(document => document.Text).Distinct().Count());
        Assert.True(BadDocuments.All.Select(document => document.Report).Distinct().Count() >= 200);
    }

    [Fact]
    public void Each_is_reported_with_its_line_its_path_and_a_cure()
    {
        foreach (var (name, text, _) in BadDocuments.All)
        {
            Assert.False(PolicyDocument.TryParse(text, "p.yaml", out _, out var errors));
            Assert.NotEmpty(errors);
            foreach (var error in errors)
            {
                Assert.True(error.Line >= 1 && error.Column >= 1, $"{name}: {error}");
                Assert.True(error.Path.Length > 0 || IsOfTheWhole(error), $"{name} has no path: {error}");
                Assert.True(Cures.Any(cure => error.Message.Contains(cure, StringComparison.Ordinal)), $"{name} has no cure: {error}");
            }
        }
    }

    [Fact]
    public void L12_none_of_them_changes_what_runs()
    {
        foreach (var (_, text, _) in BadDocuments.All)
        {
            var errors = _policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Policies, "", 1, text)], IsWhole: false));

            Assert.NotEmpty(errors);
            Assert.Same(_running, _policies.Current);
        }
    }

    [Theory]
    [MemberData(nameof(Tenants))]
    public void L12_a_bad_text_for_a_tenant_is_reported_to_the_letter_and_changes_nothing(string name)
    {
        var (_, text, report) = BadTenants.All.Single(bad => bad.Name == name);

        Assert.Equal(report, string.Join('\n', _policies.TryTenant("acme", text)));
        Assert.Equal(report, string.Join('\n', _policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Tenant, "acme", 1, text)], IsWhole: false))));
        Assert.Same(_running, _policies.Current);
        Assert.False(_policies.Current.IsLive("acme"));
    }

    [Fact]
    public void L12_a_good_document_that_does_not_fit_the_live_tenants_is_refused()
    {
        Assert.Empty(_policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Tenant, "acme", 1, """{"plan":"pro"}""")], IsWhole: false)));
        var running = _policies.Current;
        var other = PolicyDocument.Parse("defaultPlan: free\nplans: { free: {} }\n", "other");

        Assert.NotEmpty(_policies.Try(other));
        Assert.NotEmpty(_policies.UseFile(other));
        Assert.Same(running, _policies.Current);
        Assert.Equal("pro", _policies.Current.PlanOf("acme").Name);
    }

    /// <summary>What is wrong with a text as a whole, or with what is no value at all, stands behind no key.</summary>
    private static bool IsOfTheWhole(PolicyError error) => Whole.Any(part => error.Message.Contains(part, StringComparison.Ordinal));

    private static readonly string[] Whole =
    [
        "the document is empty", "must be a mapping with the keys defaultPlan", "this is not YAML", "this is not JSON", "a second document", "an alias", "a tag", "a tab",
        "the invisible character", "nested deeper", "half of a surrogate pair", "is missing",
    ];

    /// <summary>How a sentence goes on that says what would do.</summary>
    private static readonly string[] Cures =
    [
        "write", "keep", "leave", "remove", "did you mean", " has ", "name the plan", "the plans are", "must be", "is from ", "are from ", "start with", "drop", "indent", "Look at", "use one of",
        "lower the burst", "Expect", "should be", "a policy needs six", "a multiple is above", "invalid after", "an invalid escapable",
    ];
}
