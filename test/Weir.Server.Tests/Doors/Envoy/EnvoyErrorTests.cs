using Weir.Testing;

namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyErrorTests
{
    private const string Limit = "rate_limit: { unit: day, requests_per_unit: 1 }";

    private static readonly string Listed = File.ReadAllText(
        Path.Combine(Repository.Root, "test", "Weir.Server.Tests", "Doors", "Envoy", "errors.txt"));

    /// <summary>The configurations of <c>errors.txt</c>, each with its error behind the arrow.</summary>
    public static TheoryData<string, string> Wrong => [.. from entry in Listed.TrimEnd('\n').Split("\n----\n")
        let parts = entry.Split("\n=> ")
        select (parts[0], parts[1])];

    [Theory]
    [MemberData(nameof(Wrong))]
    public void An_error_names_file_line_path_and_cure(string text, string error) =>
        Assert.Equal(error, Configs.Errors(text));

    [Fact]
    public void All_errors_of_all_files_are_listed_at_once() => Assert.Equal(
        [
            "a.yaml:3: descriptors[0].rate_limit.unit", "a.yaml:3: descriptors[0].rate_limit.requests_per_unit",
            "a.yaml:4: descriptors[1].key", "b.yaml:1: has no domain",
        ],
        Configs.Errors(Of("unit: days, requests_per_unit: -1") + "\n  - { key: '' }", "descriptors: []").Split('\n')
            .Select(error => string.Join(": ", error.Split(": ")[..2])));

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
            "b.yaml:3: descriptors: a descriptor with this key and value stands in a.yaml, line 3, already: keep one "
            + "of them",
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
