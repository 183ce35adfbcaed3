namespace Weir.Tests.Policies;

/// <summary>Documents that cannot be read, or hold what a policy document must not, each with its report to the letter.</summary>
internal static class BadSyntax
{
    public static readonly (string Name, string Text, string Report)[] All =
    [
        ("nothing",
            "",
            """
            p.yaml:1: the document is empty: start with defaultPlan: NAME and plans: with that plan in it
            """),

        ("only comments",
            """
            # later
            """,
            """
            p.yaml:1: the document is empty: start with defaultPlan: NAME and plans: with that plan in it
            """),

        ("an empty root",
            """
            ---
            ~
            """,
            """
            p.yaml:1: the document is empty: start with defaultPlan: NAME and plans: with that plan in it
            """),

        ("a list",
            """
            - a
            - b
            """,
            """
            p.yaml:1: must be a mapping with the keys defaultPlan, plans, tenants, not a list
            """),

        ("a single value",
            """
            hello
            """,
            """
            p.yaml:1: must be a mapping with the keys defaultPlan, plans, tenants, not a single value
            """),

        ("a key that is a list",
            """
            defaultPlan: free
            plans:
              free: {}
              ? [a, b]
              : {}
            """,
            """
            p.yaml:4: plans: a key must be a single value, not a list
            """),

        ("a key twice",
            """
            defaultPlan: free
            plans:
              free: {}
              pro: {}
              free: { limits: { a: { rate: 1/s } } }
            defaultPlan: pro
            """,
            """
            p.yaml:5: plans.free: the same key stands on line 3 already: keep one of them
            p.yaml:6: defaultPlan: the same key stands on line 1 already: keep one of them
            """),

        ("two documents",
            """
            defaultPlan: free
            plans:
              free:
                limits:
                  per-key:
                    rate: 5/s
            ---
            defaultPlan: other
            """,
            """
            p.yaml:7: a second document begins here: keep one document in the file, and drop the line of three dashes or dots
            """),

        ("an alias",
            """
            defaultPlan: free
            plans:
              free: &f { limits: { a: { rate: 5/s } } }
              pro: *f
              max:
                <<: *f
              mid: { limits: { a: { rate: *r } } }
            """,
            """
            p.yaml:4: an alias (a word that begins with *) is not supported: write the value out
            p.yaml:6: an alias (a word that begins with *) is not supported: write the value out
            p.yaml:7: an alias (a word that begins with *) is not supported: write the value out
            """),

        ("a tag",
            """
            defaultPlan: !!str free
            plans: { free: { limits: !include x.yaml } }
            """,
            """
            p.yaml:1: a tag (a word that begins with !) is not supported: remove it; every value means what it spells
            p.yaml:2: a tag (a word that begins with !) is not supported: remove it; every value means what it spells
            """),

        ("a tab",
            "defaultPlan: free\nplans:\n  free:\n\t\tlimits: {}",
            """
            p.yaml:4: a tab indents this line: indent with spaces
            """),

        ("a wrong indentation",
            """
            defaultPlan: free
            plans:
               free: {}
              pro: {}
            """,
            """
            p.yaml:4: this is not YAML: While parsing a block mapping, did not find expected key. Look at this line and the one above for indentation, a missing colon or an open quote
            """),

        ("an open quote",
            """
            defaultPlan: "free
            plans:
              free: {}
            """,
            """
            p.yaml:1: this is not YAML: While scanning a multi-line double-quoted scalar, found wrong indentation. Look at this line and the one above for indentation, a missing colon or an open quote
            """),

        ("an open brace",
            """
            defaultPlan: free
            plans: { free: {}
            """,
            """
            p.yaml:3: this is not YAML: While parsing a flow mapping, did not find expected ',' or '}'. Look at this line and the one above for indentation, a missing colon or an open quote
            """),

        ("a NUL",
            "defaultPlan: free # not\0plans: {}\nplans: { free: {} }",
            """
            p.yaml:1: the invisible character U+0000 is not allowed: remove it
            """),

        ("an unseen line break",
            "defaultPlan: free\n# harmless\u2028plans: { free: {} }",
            """
            p.yaml:2: the invisible character U+2028 is not allowed: remove it
            """),

        ("broken JSON",
            "{\n\t\"defaultPlan\": \"free\",\n\t\"plans\": { \"free\": {} ",
            """
            p.yaml:3: this is not JSON: Expected depth to be zero at the end of the JSON payload. There is an open JSON object or array that should be closed.
            """),

        ("half a surrogate",
            """
            { "defaultPlan": "\ud800" }
            """,
            """
            p.yaml:1: this text holds half of a surrogate pair: write both halves, or the character itself
            """),

        ("too deep",
            new string('[', 40),
            """
            p.yaml:1: nested deeper than 32 levels: a policy needs six
            """),
    ];
}
