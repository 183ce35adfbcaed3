namespace Weir.Tests.Policies;

/// <summary>A document whose one limit is wrong.</summary>
internal static class BadLimit
{
    /// <summary>A name that is one letter too long.</summary>
    public const string Long = "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn";

    /// <param name="name">What is wrong with it.</param>
    /// <param name="limit">The limit's fields.</param>
    /// <param name="report">What is said of it, from the path of the limit on.</param>
    public static (string Name, string Text, string Report) Of(string name, string limit, string report) => (
        name,
        $"defaultPlan: free\nplans:\n  free:\n    limits:\n      a: {{ {limit} }}\n",
        "p.yaml:5: plans.free.limits.a" + report);
}
