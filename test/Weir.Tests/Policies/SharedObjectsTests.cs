using System.Runtime.CompilerServices;

namespace Weir.Tests.Policies;

/// <summary>Equal limits and plans are one object while somebody uses it, and are forgotten then (law L10).</summary>
public sealed class SharedObjectsTests
{
    private static PolicySet Set() =>
        PolicyDocument.Parse("defaultPlan: a\nplans: { a: { limits: { l: { rate: 5/s } } } }\n", "test");

    [Fact]
    public void L10_limits_of_tenants_that_were_only_validated_are_forgotten()
    {
        var objects = new SharedObjects<int, object>();
        for (int i = 0; i < 200_000; i++)
        {
            objects.GetOrMake(i, static () => new byte[64]);
            if (i % 10_000 == 0)
                GC.Collect();
        }

        Assert.InRange(objects.Count, 1, 60_000);
    }

    [Fact]
    public void What_somebody_uses_stays_one_object()
    {
        var objects = new SharedObjects<int, object>();
        object[] used = [.. Enumerable.Range(0, 5_000).Select(i => objects.GetOrMake(i, static () => new object()))];
        Churn(objects);
        GC.Collect();
        for (int i = 0; i < used.Length; i++)
            Assert.Same(used[i], objects.GetOrMake(i, static () => new object()));
    }

    [Fact]
    public void Tenants_with_equal_overrides_have_one_plan_and_a_computed_rate_a_minute_leaves_nothing_behind()
    {
        var set = Set();
        var kept = Compile(set, 77);
        Assert.NotNull(kept);
        Assert.Same(kept, Compile(set, 77));
        var forgotten = CompileMany(set);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.Same(kept, Compile(set, 77));
        Assert.InRange(forgotten.Count(plan => plan.TryGetTarget(out _)), 0, 10);
    }

    private static Plan? Compile(PolicySet set, int rate)
    {
        string text = $"plan: a\nlimits: {{ l: {{ rate: {rate}/s }} }}";
        return PolicyDocument.TryParseTenant(set, "acme", text, out var plan, out _, out _) ? plan : null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference<Plan>[] CompileMany(PolicySet set) =>
        [.. Enumerable.Range(1_000, 3_000).Select(rate => new WeakReference<Plan>(Compile(set, rate)!))];

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Churn(SharedObjects<int, object> objects)
    {
        for (int i = 10_000; i < 60_000; i++)
            objects.GetOrMake(i, static () => new object());
    }
}
