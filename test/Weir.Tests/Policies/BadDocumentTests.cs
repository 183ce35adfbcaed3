namespace Weir.Tests.Policies;

public sealed class BadDocumentTests
{
    public static TheoryData<string> Names => [.. BadDocuments.All.Select(document => document.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_bad_document_is_reported_whole_and_to_the_letter(string name)
    {
        var (_, text, report) = BadDocuments.All.Single(document => document.Name == name);

        var fault = Assert.Throws<PolicyException>(() => PolicyDocument.Parse(text, "p.yaml"));

        Assert.Equal(report, fault.Message);
        Assert.Equal(report, string.Join('\n', fault.Errors));
    }

    [Fact]
    public void TryParse_gives_the_same_errors_and_no_policies()
    {
        bool parsed = PolicyDocument.TryParse("defaultPlan: x\nplans: {}\n", "p.yaml", out var policies, out var errors);

        Assert.False(parsed);
        Assert.Null(policies);
        Assert.Equal(new PolicyError("p.yaml", 2, 1, "plans", "is empty: write at least the default plan"), Assert.Single(errors));
    }

    [Fact]
    public void An_error_knows_its_column()
    {
        PolicyDocument.TryParse("defaultPlan: a\nplans: { a: { limits: { x: { rate: 5 } } } }\n", "p.yaml", out _, out var errors);

        Assert.Equal((2, 36), (errors[0].Line, errors[0].Column));
    }

    [Fact]
    public void Columns_of_JSON_count_characters_and_not_bytes()
    {
        PolicyDocument.TryParse("""{ "größe": 1, "defaultPlan": "a", "plans": { "a": {} } }""", "p.json", out _, out var errors);

        Assert.Equal((1, 3, "[\"größe\"]"), (errors[0].Line, errors[0].Column, errors[0].Path));
        PolicyDocument.TryParse("""{ "plans": { "ä": {} }, "x": 1 }""", "p.json", out _, out errors);
        Assert.Equal((1, 25, "x"), (errors[^1].Line, errors[^1].Column, errors[^1].Path));
    }

    [Fact]
    public void L10_of_very_many_errors_the_first_100_are_reported_and_the_rest_counted()
    {
        string plans = string.Concat(Enumerable.Range(0, 1234).Select(i => $"  p{i}: {{ limits: {{ a: {{ rate: bad }} }} }}\n"));

        PolicyDocument.TryParse("defaultPlan: nix\nplans:\n" + plans, "p.yaml", out _, out var errors);

        // The unknown default plan is found last and stands on line 1.
        Assert.Equal([.. Enumerable.Range(3, 99).Prepend(1), 0], errors.Select(error => error.Line));
        Assert.Equal("p.yaml: and 1135 more; mend these first", errors[^1].ToString());
    }

    [Fact]
    public void L10_a_document_of_too_many_values_is_refused()
    {
        string text = "[" + string.Concat(Enumerable.Repeat("a,", 2_000_001)) + "]";

        var fault = Assert.Throws<PolicyException>(() => PolicyDocument.Parse(text, "p.yaml"));

        Assert.Equal("p.yaml:1: more than 2000000 values: split the tenants over several services", fault.Message);
    }

    [Fact]
    public void L10_of_very_many_limits_the_first_16_are_looked_at()
    {
        string limits = string.Concat(Enumerable.Range(0, 1000).Select(i => $"      l{i}: {{ rate: bad }}\n"));

        PolicyDocument.TryParse("defaultPlan: a\nplans:\n  a:\n    limits:\n" + limits, "p.yaml", out _, out var errors);

        Assert.Equal(
            "p.yaml:4: plans.a.limits: holds 1000 limits: keep at most 16",
            errors[0].ToString());
        Assert.Equal(17, errors.Count);
    }

    [Fact]
    public void L10_JSON_has_the_same_bounds()
    {
        string deep = "{ \"plans\": " + new string('[', 40) + new string(']', 40) + " }";
        string wide = "{ \"plans\": [" + string.Concat(Enumerable.Repeat("1,", 2_000_001)) + "1] }";

        Assert.Contains("depth of 32", Assert.Throws<PolicyException>(() => PolicyDocument.Parse(deep, "p.json")).Message, StringComparison.Ordinal);
        Assert.Contains("more than 2000000 values", Assert.Throws<PolicyException>(() => PolicyDocument.Parse(wide, "p.json")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void L10_a_text_that_is_too_long_is_refused()
    {
        var fault = Assert.Throws<PolicyException>(() => PolicyDocument.Parse(new string('#', PolicyDocument.MaxBytes + 1), "p.yaml"));

        Assert.Equal("p.yaml:1: longer than 16 MiB: split the tenants over several services", fault.Message);
    }
}
