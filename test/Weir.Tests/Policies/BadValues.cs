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

        ("onOutage",
            """
            defaultPlan: a
            plans:
              a: { onOutage: allways }
              b: { onOutage: alow }
              c: { onOutage: [deny] }
              d: { onOutage: }
              e: { onoutage: deny }
            """,
            """
            p.yaml:3: plans.a.onOutage: "allways" is no answer to an outage; write local, allow or deny
            p.yaml:4: plans.b.onOutage: "alow" is no answer to an outage; write local, allow or deny: did you mean allow?
            p.yaml:5: plans.c.onOutage: must be local, allow or deny, not a list
            p.yaml:6: plans.d.onOutage: is empty: write local, allow or deny
            p.yaml:7: plans.e.onoutage: unknown key: did you mean onOutage?
            """),

        ("rates",
            """
            defaultPlan: p0
            plans:
              p0: { limits: { a: { rate: 5 } } }
              p1: { limits: { a: { rate: five/s } } }
              p2: { limits: { a: { rate: 5 per second } } }
              p3: { limits: { a: { rate: 5/ } } }
              p4: { limits: { a: { rate: /s } } }
              p5: { limits: { a: { rate: 5/fortnight } } }
              p6: { limits: { a: { rate: 5/10 } } }
              p7: { limits: { a: { rate: -5/s } } }
              p8: { limits: { a: { rate: 5.5/s } } }
              p9: { limits: { a: { rate: 9007199254740992/s } } }
              p10: { limits: { a: { rate: 5/0s } } }
              p11: { limits: { a: { rate: 5/S } } }
              p12: { limits: { a: { rate: 9007199254740992/s } } }
              p13: { limits: { a: { rate: 99999999999999999999/s } } }
              p14: { limits: { a: { rate: 1/367d } } }
              p15: { limits: { a: { rate: 1/99999999999999999999d } } }
              p16: { limits: { a: { rate: 1/s/s } } }
              p17: { limits: { a: { rate: 1_000/s } } }
              p18: { limits: { a: { rate: "5/s\u00a0" } } }
              p19: { limits: { a: { rate: [5/s] } } }
              p20: { limits: { a: { rate:  } } }
            """,
            """
            p.yaml:3: plans.p0.limits.a.rate: "5" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:4: plans.p1.limits.a.rate: "five/s" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:5: plans.p2.limits.a.rate: "5 per second" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:6: plans.p3.limits.a.rate: "5/" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:7: plans.p4.limits.a.rate: "/s" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:8: plans.p5.limits.a.rate: "5/fortnight" has no unit that is known; use one of ms, s, sec, second, m, min, minute, h, hour, d, day, as in 20/10s
            p.yaml:9: plans.p6.limits.a.rate: "5/10" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:10: plans.p7.limits.a.rate: "-5/s" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:11: plans.p8.limits.a.rate: "5.5/s" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:12: plans.p9.limits.a.rate: "9007199254740992/s" is out of range; the tokens of a rate are from 0 (a ban) to 9007199254740991
            p.yaml:13: plans.p10.limits.a.rate: "5/0s" is out of range; the period of a rate is from 1ms to 366d
            p.yaml:14: plans.p11.limits.a.rate: "5/S" has no unit that is known; use one of ms, s, sec, second, m, min, minute, h, hour, d, day, as in 20/10s
            p.yaml:15: plans.p12.limits.a.rate: "9007199254740992/s" is out of range; the tokens of a rate are from 0 (a ban) to 9007199254740991
            p.yaml:16: plans.p13.limits.a.rate: "99999999999999999999/s" is out of range; the tokens of a rate are from 0 (a ban) to 9007199254740991
            p.yaml:17: plans.p14.limits.a.rate: "1/367d" is out of range; the period of a rate is from 1ms to 366d
            p.yaml:18: plans.p15.limits.a.rate: "1/99999999999999999999d" is out of range; the period of a rate is from 1ms to 366d
            p.yaml:19: plans.p16.limits.a.rate: "1/s/s" has no unit that is known; use one of ms, s, sec, second, m, min, minute, h, hour, d, day, as in 20/10s
            p.yaml:20: plans.p17.limits.a.rate: "1_000/s" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:21: plans.p18.limits.a.rate: "5/s\u00A0" has no unit that is known; use one of ms, s, sec, second, m, min, minute, h, hour, d, day, as in 20/10s
            p.yaml:22: plans.p19.limits.a.rate: must be tokens per period, such as 5/s, 100/m or 20/10s, not a list
            p.yaml:23: plans.p20.limits.a.rate: is empty: write tokens per period, such as 5/s, 100/m or 20/10s
            """),

        ("numbers that do not fit",
            """
            defaultPlan: p0
            plans:
              p0: { limits: { a: { rate: 9007199254740991/s } } }
              p1: { limits: { a: { rate: 9007199254740990/7ms } } }
            """,
            """
            p.yaml:3: plans.p0.limits.a.rate: a burst of 18014398509481982 at 9007199254740991 tokens per 00:00:01 is too large to count exactly; lower the burst or the period
            p.yaml:4: plans.p1.limits.a.rate: a burst of 18014398509481980 at 9007199254740990 tokens per 00:00:00.0070000 is too large to count exactly; lower the burst or the period
            """),

        ("bursts",
            """
            defaultPlan: p0
            plans:
              p0: { limits: { a: { rate: 5/s, burst: 0 } } }
              p1: { limits: { a: { rate: 5/s, burst: 0x } } }
              p2: { limits: { a: { rate: 5/s, burst: x } } }
              p3: { limits: { a: { rate: 5/s, burst: 2X } } }
              p4: { limits: { a: { rate: 5/s, burst: x2 } } }
              p5: { limits: { a: { rate: 5/s, burst: 2.x } } }
              p6: { limits: { a: { rate: 5/s, burst: .5x } } }
              p7: { limits: { a: { rate: 5/s, burst: 1.5 } } }
              p8: { limits: { a: { rate: 5/s, burst: 200% } } }
              p9: { limits: { a: { rate: 5/s, burst: -1 } } }
              p10: { limits: { a: { rate: 5/s, burst: 2xx } } }
              p11: { limits: { a: { rate: 5/s, burst: 1001x } } }
              p12: { limits: { a: { rate: 5/s, burst: 1.0000001x } } }
              p13: { limits: { a: { rate: 5/s, burst: 9007199254740992 } } }
              p14: { limits: { a: { rate: 5/s, burst: 99999999999999999999 } } }
              p15: { limits: { a: { rate: 5/s, burst: {} } } }
              p16: { limits: { a: { rate: 5/s, burst:  } } }
            """,
            """
            p.yaml:3: plans.p0.limits.a.burst: "0" is out of range; a burst is from 1 to 9007199254740991 tokens
            p.yaml:4: plans.p1.limits.a.burst: "0x" is out of range; a multiple is above 0x and at most 1000x, with at most 6 decimals
            p.yaml:5: plans.p2.limits.a.burst: "x" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:6: plans.p3.limits.a.burst: "2X" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:7: plans.p4.limits.a.burst: "x2" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:8: plans.p5.limits.a.burst: "2.x" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:9: plans.p6.limits.a.burst: ".5x" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:10: plans.p7.limits.a.burst: "1.5" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:11: plans.p8.limits.a.burst: "200%" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:12: plans.p9.limits.a.burst: "-1" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:13: plans.p10.limits.a.burst: "2xx" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:14: plans.p11.limits.a.burst: "1001x" is out of range; a multiple is above 0x and at most 1000x, with at most 6 decimals
            p.yaml:15: plans.p12.limits.a.burst: "1.0000001x" is out of range; a multiple is above 0x and at most 1000x, with at most 6 decimals
            p.yaml:16: plans.p13.limits.a.burst: "9007199254740992" is out of range; a burst is from 1 to 9007199254740991 tokens
            p.yaml:17: plans.p14.limits.a.burst: "99999999999999999999" is out of range; a burst is from 1 to 9007199254740991 tokens
            p.yaml:18: plans.p15.limits.a.burst: must be a multiple of the rate's tokens, such as 2x, or a whole number of tokens, not a mapping
            p.yaml:19: plans.p16.limits.a.burst: is empty: write a multiple of the rate's tokens, such as 2x, or a whole number of tokens
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
