using System.Diagnostics;
using System.Globalization;

namespace Weir.Benchmarks;

/// <summary>Resolving the limits of a request among 100,000 live tenants of 16 limits each, and what a change of one of them costs.</summary>
internal static class ResolveProbe
{
    private const int Tenants = 100_000;
    private const int Asked = 1_000_000;

    public static void Run()
    {
        string limits = string.Concat(Enumerable.Range(0, 16).Select(i => $"      l{i}: {{ by: [key], rate: {i + 1}/s{(i % 4 == 0 ? ", when: { route: \"/search*\" }" : "")} }}\n"));
        using var policies = new LivePolicies(PolicyDocument.Parse("defaultPlan: a\nplans:\n  a:\n    limits:\n" + limits, "benchmark"), TimeProvider.System);
        long began = Stopwatch.GetTimestamp();
        policies.Apply(new LiveRead(new LiveVersion("probe", 1), [.. Enumerable.Range(0, Tenants).Select(i => new LiveEntry(LiveKind.Tenant, $"tenant{i}", 1, TextOf(i)))], IsWhole: true));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Tenants:N0} tenants taken over in {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms"));

        var attributes = new Dictionary<string, string> { ["route"] = "/search/all" };
        Resolve(policies, "resolve", [.. Enumerable.Range(0, Asked).Select(_ => new RequestFacts($"tenant{Random.Shared.Next(Tenants)}", "user", 1, attributes))]);

        began = Stopwatch.GetTimestamp();
        for (int i = 0; i < 1_000; i++)
            policies.Apply(new LiveRead(new LiveVersion("probe", 1), [new LiveEntry(LiveKind.Tenant, $"tenant{i}", 1, TextOf(i + 1))], IsWhole: false));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"a change of one tenant: {Stopwatch.GetElapsedTime(began).TotalMicroseconds / 1_000:0} us"));
    }

    /// <summary>200,000 keys with other numbers: half of them in the plan, half of them live.</summary>
    public static void RunKeys()
    {
        const int Half = 100_000;
        string keys = string.Concat(Enumerable.Range(0, Half).Select(i => $"      k{i}: {{ limits: {{ l: {{ rate: {2 + (i % 500)}/s }} }} }}\n"));
        using var policies = new LivePolicies(PolicyDocument.Parse("defaultPlan: a\nplans:\n  a:\n    limits: { l: { rate: 1/s } }\n    keys:\n" + keys, "benchmark"), TimeProvider.System);
        policies.Apply(new LiveRead(new LiveVersion("probe", 1), [.. Enumerable.Range(Half, Half).Select(i => new LiveEntry(LiveKind.KeyLimits, $"t/k{i}", 1, KeyTextOf(i)))], IsWhole: true));
        Resolve(policies, "resolve one of 200,000 keys", [.. Enumerable.Range(0, Asked).Select(_ => new RequestFacts("t", $"k{Random.Shared.Next(2 * Half)}"))]);
    }

    private static void Resolve(LivePolicies policies, string what, RequestFacts[] facts)
    {
        for (int round = 0; round < 5; round++)
        {
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long began = Stopwatch.GetTimestamp();
            int applying = 0;
            foreach (var request in facts)
                applying += policies.Current.Resolve(request).Count;
            double ns = Stopwatch.GetElapsedTime(began).TotalNanoseconds / Asked;
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {ns:0} ns, {(double)bytes / Asked:0.00} bytes, {applying / Asked} limits"));
        }
    }

    private static string KeyTextOf(int i) => "{\"limits\":{\"l\":{\"rate\":\"" + ((i % 500) + 2) + "/s\"}}}";

    private static string TextOf(int i) => "{\"limits\":{\"l1\":{\"rate\":\"" + ((i % 500) + 1) + "/s\"}}}";
}
