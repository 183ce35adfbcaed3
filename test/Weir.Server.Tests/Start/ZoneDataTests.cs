using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Start;

/// <summary>A machine without time zone data, such as a container without tzdata.</summary>
public sealed class ZoneDataTests
{
    [Fact]
    public async Task A_zone_that_cannot_be_looked_up_is_told_apart_from_one_that_does_not_exist()
    {
        using var policies = new PolicyFile("defaultPlan: a\nplans: { a: { limits: { l: { window: { limit: 5, every: day, zone: Europe/Paris } } } } }\n");
        var (code, _, errors) = await ServerProcess.RunAsync(["--" + policies.Setting], ("TZDIR", "/nonexistent"));
        Assert.Equal(1, code);
        Assert.Contains("the time zone \"Europe/Paris\" cannot be looked up, since this machine has no time zone data: install tzdata, or write UTC", errors, StringComparison.Ordinal);
    }
}
