namespace Weir.Tests.Policies;

public sealed class GoodDocumentTests
{
    public static TheoryData<string> Names => [.. Documents.Select(document => document.Name)];

    internal static readonly (string Name, string Text, string Holds)[] Documents =
    [
        ("the least there is",
            """
            defaultPlan: free
            plans: { free: }
            """,
            """
            default free
            plan free Local:
            """),

        ("defaults",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key: { rate: 5/s }
            """,
            """
            default free
            plan free Local: per-key [key] 5/1000ms of 10
            """),

        ("units, which a tenant keeps or replaces",
            """
            defaultPlan: a
            plans:
              a:
                limits:
                  requests: { rate: 60/m, unit: requests }
                  tokens: { rate: 1000/m, unit: tokens, cost: 2 }
                  bytes: { window: { limit: 5, every: day }, unit: bytes-out }
                  streams: { concurrency: { limit: 4 }, unit: requests }
            tenants:
              other: { limits: { tokens: { rate: 2000/m }, bytes: { unit: bytes }, requests: { unit: 7 } } }
            """,
            """
            default a
            plan a Local: requests [key] 60/60000ms of 120, tokens [key] 1000/60000ms of 2000 of tokens cost 2, bytes [key] 5 every Day in UTC of bytes-out, streams [key] 4 places for 60000ms
            tenant other a Local: requests [key] 60/60000ms of 120 of 7, tokens [key] 2000/60000ms of 4000 of tokens cost 2, bytes [key] 5 every Day in UTC of bytes, streams [key] 4 places for 60000ms
            """),

        ("everything spelled out",
            """
            %YAML 1.2
            ---
            # a comment
            plans:
              "pro":
                onOutage: deny
                limits:
                  'search':
                    by:
                    - key
                    - region
                    rate: "100/m"
                    burst: 150
              free: { onOutage: allow, limits: { tenant: { by: [], rate: 1000/h, burst: 1x, }, }, }
              none: { onOutage: local, limits: }
            tenants:
              acme: { plan: pro }
              initech:
              umbrella: {}
            defaultPlan: free
            ...
            """,
            """
            default free
            plan pro Deny: search [key region] 100/60000ms of 150
            plan free Allow: tenant [] 1000/3600000ms of 1000
            plan none Local:
            tenant acme pro Deny: search [key region] 100/60000ms of 150
            tenant initech free Allow: tenant [] 1000/3600000ms of 1000
            tenant umbrella free Allow: tenant [] 1000/3600000ms of 1000
            """),

        ("overrides keep what they do not name",
            """
            defaultPlan: free
            plans:
              free: { onOutage: deny, limits: { per-key: { by: [key, region], rate: 5/s, burst: 3x } } }
              odd: { limits: { per-key: { rate: 5/s, burst: 7 } } }
              bare: {}
            tenants:
              rate: { limits: { per-key: { rate: 20/s } } }
              burst: { limits: { per-key: { burst: 8 } } }
              by: { limits: { per-key: { by: [] } } }
              nothing: { limits: { per-key: {} } }
              fixed: { plan: odd, limits: { per-key: { rate: 20/10s } } }
              added: { plan: bare, limits: { own: { rate: 1/d } } }
            """,
            """
            default free
            plan free Deny: per-key [key region] 5/1000ms of 15
            plan odd Local: per-key [key] 5/1000ms of 7
            plan bare Local:
            tenant added bare Local: own [key] 1/86400000ms of 2
            tenant burst free Deny: per-key [key region] 5/1000ms of 8
            tenant by free Deny: per-key [] 5/1000ms of 15
            tenant fixed odd Local: per-key [key] 20/10000ms of 7
            tenant nothing free Deny: per-key [key region] 5/1000ms of 15
            tenant rate free Deny: per-key [key region] 20/1000ms of 60
            """),

        ("exceptions, which a tenant replaces or removes",
            """
            defaultPlan: a
            plans:
              a: { limits: { l: { rate: 5/s, when: { route: "/s*" }, unless: { ip: ["10.*", "::1"], region: eu } } } }
            tenants:
              keeps: { limits: { l: { rate: 6/s } } }
              none: { limits: { l: { unless: {} } } }
              other: { limits: { l: { unless: { key: root } } } }
              unlimited: { limits: { l: { unlimited: true } } }
            """,
            """
            default a
            plan a Local: l [key] 5/1000ms of 10 when route is /s* unless ip is 10.*|::1 unless region is eu
            tenant keeps a Local: l [key] 6/1000ms of 12 when route is /s* unless ip is 10.*|::1 unless region is eu
            tenant none a Local: l [key] 5/1000ms of 10 when route is /s*
            tenant other a Local: l [key] 5/1000ms of 10 when route is /s* unless key is root
            tenant unlimited a Local:
            """),

        ("answers to missing dimensions",
            """
            defaultPlan: a
            plans:
              a: { limits: { l: { by: [ip], rate: 5/s, missing: deny }, m: { by: [ip], rate: 5/s, missing: skip } } }
            tenants:
              keeps: { limits: { l: { rate: 6/s } } }
              other: { limits: { l: { missing: together }, m: { missing: deny } } }
            """,
            """
            default a
            plan a Local: l [ip] 5/1000ms of 10 missing Deny, m [ip] 5/1000ms of 10
            tenant keeps a Local: l [ip] 6/1000ms of 12 missing Deny, m [ip] 5/1000ms of 10
            tenant other a Local: l [ip] 5/1000ms of 10 missing Together, m [ip] 5/1000ms of 10 missing Deny
            """),

        ("windows as contracts have them, rates with fractions and addresses",
            """
            defaultPlan: a
            plans:
              a:
                limits:
                  quarter: { by: [ip/24], window: { limit: 1, every: 15m } }
                  pay: { by: [ip/24/64], window: { limit: 2, every: 2 weeks, from: sunday, at: "06:00", zone: Europe/Berlin } }
                  shift: { by: [ip/64], window: { limit: 3, every: 8 hours, at: 06:00 } }
                  span: { by: [ip/32/128], window: { limit: 4, every: 10 days, from: 2030-01-06 } }
                  day: { by: [], window: { limit: 5, every: 24h } }
                  half: { by: [], window: { limit: 6, every: 2 quarters } }
                  slow: { rate: 0.5/s }
                  odd: { rate: 2.125/h, burst: 1x }
            tenants:
              t: { limits: { pay: { window: { limit: 9, from: monday, at: "00:00" } }, day: { window: { every: week, from: saturday } } } }
              u: { limits: { pay: { window: { every: day } }, shift: { window: { every: 15m } }, span: { window: { every: month } } } }
            """,
            """
            default a
            plan a Local: quarter [ip/24] 1 every 15 minutes in UTC, pay [ip/24/64] 2 every 2 weeks in Europe/Berlin from sunday at 06:00, shift [ip/64] 3 every 8 hours in UTC at 06:00, span [ip/32/128] 4 every 10 days in UTC from 2030-01-06, day [] 5 every Day in UTC, half [] 6 every 6 months in UTC, slow [key] 1/2000ms of 2, odd [key] 17/28800000ms of 17
            tenant t a Local: quarter [ip/24] 1 every 15 minutes in UTC, pay [ip/24/64] 9 every 2 weeks in Europe/Berlin, shift [ip/64] 3 every 8 hours in UTC at 06:00, span [ip/32/128] 4 every 10 days in UTC from 2030-01-06, day [] 5 every Week in UTC from saturday, half [] 6 every 6 months in UTC, slow [key] 1/2000ms of 2, odd [key] 17/28800000ms of 17
            tenant u a Local: quarter [ip/24] 1 every 15 minutes in UTC, pay [ip/24/64] 2 every Day in Europe/Berlin at 06:00, shift [ip/64] 3 every 15 minutes in UTC, span [ip/32/128] 4 every Month in UTC, day [] 5 every Day in UTC, half [] 6 every 6 months in UTC, slow [key] 1/2000ms of 2, odd [key] 17/28800000ms of 17
            """),

        ("every value means what it spells",
            """
            defaultPlan: no
            plans: { no: {}, 1.50: {}, 0x10: {}, 2030-01-01: {} }
            tenants: { true: { plan: 1.50 }, 007: {}, 7: {} }
            """,
            """
            default no
            plan no Local:
            plan 1.50 Local:
            plan 0x10 Local:
            plan 2030-01-01 Local:
            tenant 007 no Local:
            tenant 7 no Local:
            tenant true 1.50 Local:
            """),
    ];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_good_document_holds_what_it_says(string name)
    {
        var (_, text, holds) = Documents.Single(document => document.Name == name);

        Assert.Equal(holds, PolicySetText.Of(PolicyDocument.Parse(text, "p.yaml")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Line_ends_and_a_byte_order_mark_do_not_matter(string name)
    {
        var (_, text, holds) = Documents.Single(document => document.Name == name);

        string windows = "\uFEFF" + text.Replace("\n", "\r\n", StringComparison.Ordinal) + "\r\n";

        Assert.Equal(holds, PolicySetText.Of(PolicyDocument.Parse(windows, "p.yaml")));
    }

    [Fact]
    public void The_shipped_document_gives_free_a_capacity_of_10_and_pro_of_100()
    {
        var policies = PolicyDocument.Load(PolicySetText.PathOf("src/Weir.Server/policies.yaml"));

        Assert.Equal(
            """
            default free
            plan free Local: per-key [key] 5/1000ms of 10
            plan pro Local: per-key [key] 50/1000ms of 100
            """,
            PolicySetText.Of(policies));
    }

    [Fact]
    public void The_tenants_in_the_shipped_documents_comment_can_be_uncommented()
    {
        string text = File.ReadAllText(PolicySetText.PathOf("src/Weir.Server/policies.yaml"));
        string uncommented = text[..text.IndexOf("# tenants:", StringComparison.Ordinal)]
            + text[text.IndexOf("# tenants:", StringComparison.Ordinal)..].Replace("\n# ", "\n", StringComparison.Ordinal)[2..];

        var policies = PolicyDocument.Parse(uncommented, "policies.yaml");

        Assert.Equal("pro", policies.PlanOf("acme").Name);
        Assert.Equal(40, policies.PlanOf("globex").Limits[0].Quota.Capacity);
        Assert.Equal("free", policies.PlanOf("anyone").Name);
    }
}
