namespace Weir.Tests.Policies;

/// <summary>Documents with values that are out of range or of the wrong form, each with its report to the letter.</summary>
internal static class BadValues
{
    public static readonly (string Name, string Text, string Report)[] All =
    [
        ("bad names",
            """
            defaultPlan: free
            plans:
              free: {}
              my plan: {}
              "": {}
              "a\nb": { limits: { größe: { rate: 1/s } } }
            """,
            """
            p.yaml:4: plans["my plan"]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:5: plans[""]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:6: plans["a\u000Ab"]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:6: plans["a\u000Ab"].limits["größe"]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            """),

        ("dimensions",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  a:
                    rate: 1/s
                    by: [key, region, key, "my key", tenant, [x], ~]
              b: { limits: { a: { rate: 1/s, by: key } } }
              c: { limits: { a: { rate: 1/s, by: } } }
              d: { limits: { a: { rate: 1/s, by: [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q] } } }
            """,
            """
            p.yaml:7: plans.free.limits.a.by[2]: key stands in the list already: keep one of them
            p.yaml:7: plans.free.limits.a.by[3]: "my key" is not a dimension; write key or an attribute's name, 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:7: plans.free.limits.a.by[4]: the tenant is a dimension of every limit: leave it out; [] is one bucket a tenant
            p.yaml:7: plans.free.limits.a.by[5]: must be a dimension: key, or an attribute's name, not a list
            p.yaml:7: plans.free.limits.a.by[6]: is empty: write a dimension: key, or an attribute's name
            p.yaml:8: plans.b.limits.a.by: must be a list of dimensions, such as [key], or [] for one bucket a tenant, not a single value
            p.yaml:9: plans.c.limits.a.by: is empty: write a list of dimensions, such as [key], or [] for one bucket a tenant
            p.yaml:10: plans.d.limits.a.by: holds 17 dimensions: keep at most 16
            """),

        ("JSON of the wrong kinds",
            """
            {
              "defaultPlan": 5,
              "plans": {
                "free": { "limits": { "a": { "rate": 5, "burst": true, "by": null } } }
              },
              "plans": []
            }
            """,
            """
            p.yaml:2: defaultPlan: there is no plan "5": the plans are free
            p.yaml:4: plans.free.limits.a.rate: "5" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:4: plans.free.limits.a.burst: "true" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:4: plans.free.limits.a.by: is empty: write a list of dimensions, such as [key], or [] for one bucket a tenant
            p.yaml:6: plans: the same key stands on line 3 already: keep one of them
            """),
    ];
}
