namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyErrorTests
{
    private const string Limit = "rate_limit: { unit: day, requests_per_unit: 1 }";

    public static TheoryData<string, string> Wrong => new()
    {
        { "", "a.yaml:1: is empty: write a domain and its descriptors" },
        { "[]", "a.yaml:1: must be a mapping with the keys domain, descriptors, not a list" },
        { "descriptors: []", "a.yaml:1: has no domain: write the name of the domain, such as shop" },
        { "domain: ''", "a.yaml:1: domain: is empty: write the name of the domain, such as shop" },
        { "domain:", "a.yaml:1: domain: is empty: write the name of the domain, such as shop" },
        { "domain: [d]", "a.yaml:1: domain: must be the name of the domain, such as shop, not a list" },
        { "domain: d\ndescriptor: []", "a.yaml:2: descriptor: unknown key: did you mean descriptors?" },
        { "domain: d\n0.25: x", "a.yaml:2: [\"0.25\"]: unknown key: the document has domain, descriptors" },
        { "domain: d\ndomain: e", "a.yaml:2: domain: the same key stands on line 1 already: keep one of them" },
        { "domain: d\ndescriptors: x", "a.yaml:2: descriptors: must be a list of descriptors, each with a key, not a single value" },
        { In("a"), "a.yaml:3: descriptors[0]: must be a mapping with the keys key, value, rate_limit, descriptors, shadow_mode, quota_mode, detailed_metric, value_to_metric, share_threshold, metadata, not a single value" },
        { In(""), "a.yaml:3: descriptors[0]: is empty: write a mapping with the keys key, value, rate_limit, descriptors, shadow_mode, quota_mode, detailed_metric, value_to_metric, share_threshold, metadata" },
        { In($"{{ {Limit} }}"), "a.yaml:3: descriptors[0]: has no key: write the key of an entry, such as user" },
        { In("{ key: '' }"), "a.yaml:3: descriptors[0].key: is empty: write the key of an entry, such as user" },
        { In("{ key: k, unit: day }"), "a.yaml:3: descriptors[0].unit: unknown key here: it belongs to rate_limit; a descriptor has key, value, rate_limit, descriptors, shadow_mode, quota_mode, detailed_metric, value_to_metric, share_threshold, metadata" },
        { In("{ key: k, ratelimit: {} }"), "a.yaml:3: descriptors[0].ratelimit: unknown key: did you mean rate_limit?" },
        { In("{ key: k, value: [v] }"), "a.yaml:3: descriptors[0].value: must be a text, not a list" },
        { In("{ key: k, shadow_mode: 1 }"), "a.yaml:3: descriptors[0].shadow_mode: \"1\" is neither true nor false; write one of them" },
        { In("{ key: k, value: v, share_threshold: true }"), "a.yaml:3: descriptors[0].share_threshold: share_threshold needs a value with a *: add one, or remove share_threshold" },
        { In("{ key: k, metadata: x }"), "a.yaml:3: descriptors[0].metadata: must be a mapping, such as { service: search }, not a single value" },
        { In("{ key: k, rate_limit: }"), "a.yaml:3: descriptors[0].rate_limit: is empty: write a mapping with the keys unit, requests_per_unit, unlimited, name, replaces, such as { unit: minute, requests_per_unit: 10 }" },
        { In("{ key: k, value: v }\n  - { key: k, value: v }"), "a.yaml:4: descriptors[1]: a descriptor with the key \"k\" and the value \"v\" stands on line 3 already: keep one of them" },
        { In("{ key: k }\n  - { key: k }"), "a.yaml:4: descriptors[1]: a descriptor with the key \"k\" stands on line 3 already: keep one of them" },
        { Of("requests_per_unit: 1"), "a.yaml:3: descriptors[0].rate_limit: has no unit: write one of second, minute, hour, day, month, year, week" },
        { Of("unit: days, requests_per_unit: 1"), "a.yaml:3: descriptors[0].rate_limit.unit: \"days\" is no unit; write one of second, minute, hour, day, month, year, week: did you mean day?" },
        { Of("unit: unknown, requests_per_unit: 1"), "a.yaml:3: descriptors[0].rate_limit.unit: \"unknown\" is no unit; write one of second, minute, hour, day, month, year, week" },
        { Of("unit: day"), "a.yaml:3: descriptors[0].rate_limit: has no requests_per_unit: write it; 0 refuses every request" },
        { Of("unit: day, requestsperunit: 5"), "a.yaml:3: descriptors[0].rate_limit.requestsperunit: unknown key: did you mean requests_per_unit?" },
        { Of("unit: day, requests_per_unit: -1"), "a.yaml:3: descriptors[0].rate_limit.requests_per_unit: \"-1\" does not fit; write a whole number from 0 to 4294967295" },
        { Of("unit: day, requests_per_unit: 4294967296"), "a.yaml:3: descriptors[0].rate_limit.requests_per_unit: \"4294967296\" does not fit; write a whole number from 0 to 4294967295" },
        { Of("unit: day, requests_per_unit: 1.5"), "a.yaml:3: descriptors[0].rate_limit.requests_per_unit: \"1.5\" does not fit; write a whole number from 0 to 4294967295" },
        { Of("unit: day, requests_per_unit: 010"), "a.yaml:3: descriptors[0].rate_limit.requests_per_unit: \"010\" begins with 0, so that it may mean an octal number; write it without" },
        { Of("unit: day, requests_per_unit: {}"), "a.yaml:3: descriptors[0].rate_limit.requests_per_unit: must be a whole number from 0 to 4294967295, not a mapping" },
        { Of("unlimited: true, unit: day"), "a.yaml:3: descriptors[0].rate_limit.unit: a rate_limit with unlimited has no unit: remove one of them" },
        { Of("unlimited: true, shadow_mode: true"), "a.yaml:3: descriptors[0].rate_limit.shadow_mode: unknown key here: it belongs to a descriptor; rate_limit has unit, requests_per_unit, unlimited, name, replaces" },
        { Of("unlimited: true, name: me, replaces: [{ name: me }]"), "a.yaml:3: descriptors[0].rate_limit.replaces[0]: a rate_limit cannot replace itself (\"me\"): name another one" },
        { Of("unlimited: true, replaces: [{ name: }]"), "a.yaml:3: descriptors[0].rate_limit.replaces[0].name: is empty: write the name of another rate_limit" },
        { Of("unlimited: true, replaces: [other]"), "a.yaml:3: descriptors[0].rate_limit.replaces[0]: must be a mapping with the keys name, such as { name: other }, not a single value" },
        { Of("unlimited: true, replaces: other"), "a.yaml:3: descriptors[0].rate_limit.replaces: must be a list, such as [{ name: other }], not a single value" },
        { In("{ key: k, rate_limit: *none }"), "a.yaml:3: no anchor of this name stands before this alias: add one, or write the value out" },
        { In("{ key: k, value: !x v }"), "a.yaml:3: a tag (a word that begins with !) is not supported: remove it; every value means what it spells" },
        { "domain: d\ndescriptors: [", "a.yaml:3: this is not YAML: While parsing a node, did not find expected node content. Look at this line and the one above for indentation, a missing colon or an open quote" },
    };

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_error_names_file_line_path_and_cure(string text, string error) =>
        Assert.Equal(error, Configs.Errors(text));

    [Fact]
    public void All_errors_of_all_files_are_listed_at_once() => Assert.Equal(
        """
        a.yaml:3: descriptors[0].rate_limit.unit: "days" is no unit; write one of second, minute, hour, day, month, year, week: did you mean day?
        a.yaml:3: descriptors[0].rate_limit.requests_per_unit: "-1" does not fit; write a whole number from 0 to 4294967295
        a.yaml:4: descriptors[1].key: is empty: write the key of an entry, such as user
        b.yaml:1: has no domain: write the name of the domain, such as shop
        """.ReplaceLineEndings("\n"),
        Configs.Errors(Of("unit: days, requests_per_unit: -1") + "\n  - { key: '' }", "descriptors: []"));

    [Fact]
    public void Of_many_errors_the_first_hundred_are_listed_and_the_others_counted()
    {
        string[] errors = Configs.Errors(
            "domain: d\ndescriptors:\n" + string.Concat(Enumerable.Repeat("  - { key: '' }\n", 80)),
            "domain: e\ndescriptors:\n" + string.Concat(Enumerable.Repeat("  - { key: '' }\n", 80))).Split('\n');
        Assert.Equal(101, errors.Length);
        Assert.Equal("b.yaml: and 60 more; correct these first", errors[^1]);
    }

    [Fact]
    public void A_repeated_domain_is_refused_unless_domains_are_merged()
    {
        string one = In($"{{ key: one, {Limit} }}"), two = In($"{{ key: two, {Limit} }}");
        Assert.Equal(
            "b.yaml:1: domain: the domain \"d\" is in a.yaml already: move its descriptors there, rename it, or set "
            + "Weir:Envoy:MergeDomains=true",
            Configs.Errors(one, two));
        var merged = Configs.Read(mergeDomains: true, one, two);
        Assert.NotNull(merged.Match("d", Configs.Entries("one=1")));
        Assert.NotNull(merged.Match("d", Configs.Entries("two=2")));
    }

    [Fact]
    public void Merged_files_may_not_repeat_a_descriptor()
    {
        string text = In($"{{ key: one, {Limit} }}");
        var wrong = Assert.Throws<PolicyException>(() => Configs.Read(mergeDomains: true, text, text));
        Assert.Equal(
            "b.yaml:3: descriptors: a descriptor with this key and value stands in a.yaml, line 3, already: keep one of "
            + "them",
            wrong.Message);
    }

    [Fact]
    public void Descriptors_nest_at_most_as_deep_as_a_document()
    {
        string Nested(int levels) => $"domain: d{string.Concat(Enumerable.Range(0, levels)
            .Select(level => $"\n{new string(' ', 2 * level)}descriptors:\n{new string(' ', 2 * level)}- key: k"))}";
        Assert.Equal("", Configs.Errors(Nested(15)));
        Assert.Contains("nested deeper than 32 levels", Configs.Errors(Nested(16)));
    }

    [Fact]
    public void Aliases_that_stand_for_too_many_values_are_refused()
    {
        string text = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + string.Concat(Enumerable.Range(1, 9).Select(i =>
            $"a{i}: &a{i} [{string.Join(',', Enumerable.Repeat($"*a{i - 1}", 10))}]\n"));
        Assert.Contains("more than 2000000 values", Configs.Errors(text));
    }

    private static string In(string descriptor) => $"domain: d\ndescriptors:\n  - {descriptor}";

    private static string Of(string limit) => In($"{{ key: k, rate_limit: {{ {limit} }} }}");
}
