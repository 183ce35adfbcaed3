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
        var status = new PolicyFileStatus(policies);
        using var metrics = new PolicyMetrics(status);
        using var watch = new PolicyFileWatch(file.Path, policies, status, metrics, time, NullLogger<PolicyFileWatch>.Instance);
        watch.Look();
        Assert.Same(before, policies.Current);

        File.WriteAllText(file.Path, mark + "defaultPlan: b\nplans: { b: {} }\n");
        using var later = new PolicyFileWatch(file.Path, policies, status, metrics, time, NullLogger<PolicyFileWatch>.Instance);
        later.Look();
        Assert.Equal("b", policies.Current.DefaultPlan.Name);
        Assert.Equal(mark + File.ReadAllText(file.Path), policies.FileText);
    }

    [Fact]
    public void The_status_says_why_the_file_on_disk_does_not_decide()
    {
        const string Good = "defaultPlan: a\nplans: { a: {} }\n";
        var time = new FakeTimeProvider();
        using var file = new PolicyFile();
        File.WriteAllText(file.Path, Good);
        using var policies = new LivePolicies(PolicyDocument.Load(file.Path, out string text), time, text);
        var status = new PolicyFileStatus(policies);
        using var metrics = new PolicyMetrics(status);
        using var watch = new PolicyFileWatch(file.Path, policies, status, metrics, time, NullLogger<PolicyFileWatch>.Instance);
        string? WhyAfter(Action change)
        {
            change();
            watch.Look();
            return status.WhyNot;
        }

        void UseDocument(string? text) =>
            policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Policies, "", 1, text)], IsWhole: false));

        Assert.Null(WhyAfter(() => { }));
        Assert.StartsWith("the file has changed and is refused: line 2", WhyAfter(() => File.WriteAllText(file.Path, Good.Replace("{}", "3", StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.StartsWith("a live document", WhyAfter(() => UseDocument(Good)), StringComparison.Ordinal);
        Assert.StartsWith("the file has changed", WhyAfter(() => UseDocument(null)), StringComparison.Ordinal);
        Assert.Null(WhyAfter(() => File.WriteAllText(file.Path, Good)));
        File.Move(file.Path, file.Path + ".away");
        Assert.Null(WhyAfter(() => { }));
        Assert.StartsWith("the file cannot be read", WhyAfter(() => { }), StringComparison.Ordinal);
        Assert.Null(WhyAfter(() => File.Move(file.Path + ".away", file.Path)));
    }
}
