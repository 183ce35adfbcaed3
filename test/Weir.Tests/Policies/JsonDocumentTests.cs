namespace Weir.Tests.Policies;

public sealed class JsonDocumentTests
{
    private const string Yaml =
        """
        defaultPlan: free
        plans:
          free: { limits: { per-key: { by: [key, region], rate: 5/s, burst: 12 } } }
          pro: { onOutage: allow, limits: ~ }
        tenants:
          acme: { plan: pro }
          globex: { limits: { per-key: { rate: 20/s } } }
        """;

    private const string Json =
        """
        {
        	"defaultPlan": "free",
        	"plans": {
        		"free": { "limits": { "per-key": { "by": ["key", "region"], "rate": "5\/s", "burst": 12 } } },
        		"pro": { "onOutage": "allow", "limits": null }
        	},
        	"tenants"
        		: { "acme": { "plan": "pro" }, "glo\u0062ex": { "limits": { "per-key": { "rate": "20/s" } } } }
        }
        """;

    [Fact]
    public void JSON_means_what_the_same_YAML_means() =>
        Assert.Equal(
            PolicySetText.Of(PolicyDocument.Parse(Yaml, "p.yaml")),
            PolicySetText.Of(PolicyDocument.Parse(Json, "p.json")));

    [Fact]
    public void JSON_on_one_line_means_the_same() =>
        Assert.Equal(
            PolicySetText.Of(PolicyDocument.Parse(Json, "p.json")),
            PolicySetText.Of(PolicyDocument.Parse("  " + Json.Replace("\n", "", StringComparison.Ordinal), "p.json")));

    [Fact]
    public void YAML_that_begins_with_a_brace_is_YAML()
    {
        var policies = PolicyDocument.Parse("{ defaultPlan: a, # the only one\n  'plans': { a: , }, }\n", "p.yaml");

        Assert.Equal("a", policies.DefaultPlan.Name);
    }

    [Fact]
    public void JSON_with_a_comment_or_a_comma_too_many_is_accepted_as_YAML()
    {
        var policies = PolicyDocument.Parse("{ \"defaultPlan\": \"a\", # the only one\n  \"plans\": { \"a\": {}, } }\n", "p.json");

        Assert.Equal("a", policies.DefaultPlan.Name);
    }

    [Fact]
    public void Errors_of_JSON_have_lines_and_paths_too()
    {
        string broken = Json.Replace("5\\/s", "5", StringComparison.Ordinal).Replace("\"pro\" }", "\"prro\" }", StringComparison.Ordinal);

        var fault = Assert.Throws<PolicyException>(() => PolicyDocument.Parse(broken, "p.json"));

        Assert.Equal(
            """
            p.json:4: plans.free.limits.per-key.rate: "5" is not a rate; write tokens per period, such as 5/s, 100/m or 20/10s
            p.json:8: tenants.acme.plan: there is no plan "prro": did you mean pro?
            """,
            fault.Message);
    }
}
