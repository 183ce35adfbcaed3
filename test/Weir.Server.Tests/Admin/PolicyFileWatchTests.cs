using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Admin;

/// <summary>The file that is watched, and the text of it that is in force.</summary>
public sealed class PolicyFileWatchTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\uFEFF")]
    public void A_change_between_the_first_reading_and_the_watch_is_seen_and_the_same_text_is_none(string mark)
    {
        var time = new FakeTimeProvider();
        using var file = new PolicyFile();
        File.WriteAllText(file.Path, mark + "defaultPlan: a\nplans: { a: {} }\n");
        using var policies = new LivePolicies(PolicyDocument.Load(file.Path, out string text), time, text);
        var before = policies.Current;
        using var metrics = new PolicyMetrics();
        using var watch = new PolicyFileWatch(file.Path, policies, metrics, time, NullLogger<PolicyFileWatch>.Instance);
        watch.Look();
        Assert.Same(before, policies.Current);

        File.WriteAllText(file.Path, mark + "defaultPlan: b\nplans: { b: {} }\n");
        using var later = new PolicyFileWatch(file.Path, policies, metrics, time, NullLogger<PolicyFileWatch>.Instance);
        later.Look();
        Assert.Equal("b", policies.Current.DefaultPlan.Name);
        Assert.Equal(mark + File.ReadAllText(file.Path), policies.FileText);
    }
}
