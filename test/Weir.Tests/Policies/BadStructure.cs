namespace Weir.Tests.Policies;

/// <summary>Documents whose keys are wrong, or whose parts do not fit together, each with its report to the letter.</summary>
internal static class BadStructure
{
    public static readonly (string Name, string Text, string Report)[] All =
    [
        ("an empty mapping",
            """
            {}
            """,
            """
            p.yaml:1: defaultPlan is missing: name the plan of tenants that are not listed
            p.yaml:1: plans is missing: write at least the default plan
            """),

        ("a misspelt root key",
            """
            defaultplan: free
            plan:
              free: {}
            """,
            """
            p.yaml:1: defaultplan: unknown key: did you mean defaultPlan?
            p.yaml:2: plan: unknown key: did you mean plans?
            """),

        ("an unknown root key",
            """
            version: 3
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    rate: 5/s
            """,
            """
            p.yaml:1: version: unknown key: the document has defaultPlan, plans, tenants
            """),

        ("no plans",
            """
            defaultPlan: free
            plans:
            """,
            """
            p.yaml:2: plans: is empty: write at least the default plan
            """),

        ("plans as a list",
            """
            defaultPlan: free
            plans:
              - free
            """,
            """
            p.yaml:3: plans: must be a mapping of names to plans, not a list
            """),

        ("an unknown default plan",
            """
            defaultPlan: fre
            plans: { free: {}, pro: {} }
            """,
            """
            p.yaml:1: defaultPlan: there is no plan "fre": did you mean free?
            """),

        ("a default plan that is like no other",
            """
            defaultPlan: gold
            plans: { free: {}, pro: {} }
            """,
            """
            p.yaml:1: defaultPlan: there is no plan "gold": the plans are free, pro
            """),

        ("an empty default plan",
            """
            defaultPlan:
            plans: { free: {} }
            """,
            """
            p.yaml:1: defaultPlan: is empty: write a plan's name
            """),

        ("a default plan that is a mapping",
            """
            defaultPlan: { free: {} }
            plans: { free: {} }
            """,
            """
            p.yaml:1: defaultPlan: must be a plan's name, not a mapping
            """),

        ("a missing rate",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    burst: 2x
            """,
            """
            p.yaml:5: plans.free.limits.per-key: rate is missing: write tokens per period, such as rate: 5/s, or a window or a concurrency
            """),

        ("a misspelt rate is one mistake",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key: { rte: 5/s, brust: 2x }
            """,
            """
            p.yaml:5: plans.free.limits.per-key.rte: unknown key: did you mean rate?
            p.yaml:5: plans.free.limits.per-key.brust: unknown key: did you mean burst?
            """),

        ("a time where none may be",
            """
            defaultPlan: free
            plans: { free: {} }
            tenants:
              acme: { until: 2030-01-01 }
            """,
            """
            p.yaml:4: tenants.acme.until: unknown key here: it belongs to a live tenant (PUT /admin/tenants/NAME); a tenant has plan, limits, unlimited, keys
            """),

        ("unlimited and limited",
            """
            defaultPlan: free
            plans:
              free: { unlimited: true, limits: { a: { rate: 5/s } } }
              pro: { unlimited: yes }
            tenants:
              acme: { unlimited: true, limits: {} }
            """,
            """
            p.yaml:3: plans.free.limits: stands beside unlimited: true: leave one of them out
            p.yaml:4: plans.pro.unlimited: "yes" is not true or false; write false, true
            p.yaml:6: tenants.acme.limits: stands beside unlimited: true: leave one of them out
            """),

        ("conditions, modes, costs, prefixes",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  a: { rate: 5/s, when: /search }
                  b: { rate: 5/s, when: { route: [], "a b": x, tenant: acme, region: [[eu]] } }
                  c: { rate: 5/s, mode: shaddow, cost: 0 }
                  d: { rate: 5/s, cost: 1000001, by: [ip/0, ip/129, ip/64, ip/64, "ip/"] }
            """,
            """
            p.yaml:5: plans.free.limits.a.when: must be a mapping of attributes to patterns, such as { route: "/search*" }, not a single value
            p.yaml:6: plans.free.limits.b.when.route: holds 0 patterns: write from 1 to 16
            p.yaml:6: plans.free.limits.b.when["a b"]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:6: plans.free.limits.b.when.tenant: a tenant has a plan of its own: leave the condition out, and put the limit where the tenant's plan is
            p.yaml:6: plans.free.limits.b.when.region[0]: must be a pattern, in which * stands for anything, or a list of patterns, not a list
            p.yaml:7: plans.free.limits.c.mode: "shaddow" is not a mode; write enforce, shadow: did you mean shadow?
            p.yaml:7: plans.free.limits.c.cost: "0" is not a factor by which the request's cost is multiplied; write a whole number from 1 to 1000000
            p.yaml:8: plans.free.limits.d.cost: "1000001" is not a factor by which the request's cost is multiplied; write a whole number from 1 to 1000000
            p.yaml:8: plans.free.limits.d.by[0]: "ip/0" does not say how many bits of an address count; write 1 to 32 for IPv4, 33 to 128 for IPv6, or both: ip/24, ip/64, ip/24/64
            p.yaml:8: plans.free.limits.d.by[1]: "ip/129" does not say how many bits of an address count; write 1 to 32 for IPv4, 33 to 128 for IPv6, or both: ip/24, ip/64, ip/24/64
            p.yaml:8: plans.free.limits.d.by[3]: ip/64 stands in the list already: keep one of them
            p.yaml:8: plans.free.limits.d.by[4]: "ip/" does not say how many bits of an address count; write 1 to 32 for IPv4, 33 to 128 for IPv6, or both: ip/24, ip/64, ip/24/64
            """),

        ("keys in the wrong place",
            """
            defaultPlan: free
            plans:
              free:
                rate: 5/s
                colour: red
                limits:
                  a: { rate: 1/s, onOutage: deny }
            """,
            """
            p.yaml:4: plans.free.rate: unknown key here: it belongs to a limit; a plan has limits, onOutage, unlimited, keys
            p.yaml:5: plans.free.colour: unknown key: a plan has limits, onOutage, unlimited, keys
            p.yaml:7: plans.free.limits.a.onOutage: unknown key here: it belongs to a plan; a limit has by, missing, unit, rate, burst, window, concurrency, unlimited, when, unless, cost, mode, lease
            """),

        ("a plan of the wrong kind",
            """
            defaultPlan: free
            plans:
              free: 5/s
              pro: [a]
              max: { limits: 5/s }
              mid: { limits: { a: 5/s } }
            """,
            """
            p.yaml:3: plans.free: must be a mapping with the keys limits, onOutage, unlimited, keys, not a single value
            p.yaml:4: plans.pro: must be a mapping with the keys limits, onOutage, unlimited, keys, not a list
            p.yaml:5: plans.max.limits: must be a mapping of names to limits, such as per-key: { rate: 5/s }, not a single value
            p.yaml:6: plans.mid.limits.a: must be a mapping with the keys by, missing, unit, rate, burst, window, concurrency, unlimited, when, unless, cost, mode, lease, not a single value
            """),

        ("tenants",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    rate: 5/s
            tenants:
              acme: { plan: por }
              "a b": {}
              x: pro
              y: { plan: }
              z: { plan: [free] }
              acme: {}
            """,
            """
            p.yaml:8: tenants.acme.plan: there is no plan "por": the plans are free
            p.yaml:9: tenants["a b"]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:10: tenants.x: must be a mapping with the keys plan, limits, unlimited, keys, not a single value
            p.yaml:11: tenants.y.plan: is empty: write a plan's name
            p.yaml:12: tenants.z.plan: must be a plan's name, not a list
            p.yaml:13: tenants.acme: the same key stands on line 8 already: keep one of them
            """),

        ("tenants as a list",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    rate: 5/s
            tenants: [acme]
            """,
            """
            p.yaml:7: tenants: must be a mapping of tenants, such as acme: { plan: pro }, not a list
            """),

        ("an override that is a typo",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    rate: 5/s
            tenants:
              acme: { limits: { per-ky: { burst: 1 } } }
              b: { limits: { other: { burst: 3 } } }
            """,
            """
            p.yaml:8: tenants.acme.limits.per-ky: rate is missing: write tokens per period, such as rate: 5/s, or a window or a concurrency: did you mean per-key?
            p.yaml:9: tenants.b.limits.other: rate is missing: write tokens per period, such as rate: 5/s, or a window or a concurrency
            """),

        ("an override that does not fit",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    rate: 5/s
            tenants:
              acme:
                limits:
                  per-key:
                    burst: 9007199254740991
                    rate: 7/h
              globex: { limits: { per-key: { rate: 9007199254740991/s } } }
            """,
            """
            p.yaml:12: tenants.acme.limits.per-key.rate: a burst of 9007199254740991 at 7 tokens per 01:00:00 is too large to count exactly; lower the burst or the period
            p.yaml:13: tenants.globex.limits.per-key.rate: a burst of 18014398509481982 at 9007199254740991 tokens per 00:00:01 is too large to count exactly; lower the burst or the period
            """),

        ("overrides of a plan without limits",
            """
            defaultPlan: free
            plans: { free: {} }
            tenants:
              a: { limits: { x: { burst: 5 } } }
              b: { limits: { x: { rate: 1/s }, y: { rate: 2/s } } }
            """,
            """
            p.yaml:4: tenants.a.limits.x: rate is missing: write tokens per period, such as rate: 5/s, or a window or a concurrency
            """),

        ("a plan's mistake is not its tenants'",
            """
            defaultPlan: free
            plans:
              free: { limits: { a: { rate: fast } } }
              pro: { limits: { a: { burst: 3 } } }
              max: { limits: { a: { rate: 9007199254740991/s } } }
            tenants:
              t1: { limits: { a: { burst: 3x } } }
              t2: { plan: pro, limits: { a: { burst: 4 } } }
              t3: { plan: max, limits: { a: { by: [] } } }
              t4: { plan: pro }
            """,
            """
            p.yaml:3: plans.free.limits.a.rate: "fast" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:4: plans.pro.limits.a: rate is missing: write tokens per period, such as rate: 5/s, or a window or a concurrency
            p.yaml:5: plans.max.limits.a.rate: a burst of 18014398509481982 at 9007199254740991 tokens per 00:00:01 is too large to count exactly; lower the burst or the period
            """),

        ("everything at once",
            """
            defaultPlan: gold
            plans:
              free:
                onOutage: maybe
                limits:
                  per-key: { by: [key, key], rate: 5 per second, burst: lots, mode: shadow }
            tenants:
              acme corp: { plan: pro, colour: red }
            """,
            """
            p.yaml:1: defaultPlan: there is no plan "gold": the plans are free
            p.yaml:4: plans.free.onOutage: "maybe" is no answer to an outage; write local, allow or deny
            p.yaml:6: plans.free.limits.per-key.by[1]: key stands in the list already: keep one of them
            p.yaml:6: plans.free.limits.per-key.rate: "5 per second" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.yaml:6: plans.free.limits.per-key.burst: "lots" is not a burst; write a multiple of the rate's tokens, such as 2x or 1.5x, or a whole number of tokens
            p.yaml:8: tenants["acme corp"]: a name must be 1 to 64 characters out of A-Z a-z 0-9 . _ -
            p.yaml:8: tenants["acme corp"].plan: there is no plan "pro": the plans are free
            p.yaml:8: tenants["acme corp"].colour: unknown key: a tenant has plan, limits, unlimited, keys
            """),
    ];
}
