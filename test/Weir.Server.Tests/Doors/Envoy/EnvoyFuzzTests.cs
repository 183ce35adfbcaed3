using CsCheck;

namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyFuzzTests
{
    private static readonly string[] Valid =
        [.. Directory.EnumerateFiles(EnvoyMatchTests.Folder).Select(File.ReadAllText)];

    private static readonly Gen<string> Pieces = Gen.OneOf(
        Gen.OneOf(
            "\n", "  ", "- ", "[", "]", "{", "}", ": ", ",", "*", "&a ", "*a", "<<: *a", "!", "!!str ", "\"", "'", "|",
            ">", "#", "---", "...", "~", "null", "\t", "\0", "\uFEFF", "\u2028", "key: k", "value: v*", "descriptors:",
            "rate_limit: ", "unit: day", "requests_per_unit: ", "-1", "4294967296", "1e9", "unlimited: true", "domain:",
            "replaces: [{ name: a }]", "share_threshold: true", "metadata: { a: [1, {b: c}] }", "é", "😀", "\ud800"),
        Gen.String[0, 5]);

    private static readonly Gen<string> Mutated = Gen.Select(
        Gen.OneOf(Valid), Gen.Select(Gen.Double[0, 1], Gen.Int[0, 12], Pieces).Array[1, 6], (text, edits) =>
        {
            foreach (var (place, removed, added) in edits)
            {
                int at = (int)(place * text.Length);
                text = text[..at] + added + text[Math.Min(text.Length, at + removed)..];
            }

            return text;
        });

    private static long Loads =>
        long.TryParse(Environment.GetEnvironmentVariable("FUZZ_LOADS"), out long count) ? count : 1_000;

    [Fact]
    public void A_mutated_file_loads_or_is_refused_with_a_bounded_list_of_errors() => Mutated.Sample(
        text =>
        {
            string errors = Configs.Errors(text);
            Assert.All(
                errors.Split('\n', StringSplitOptions.RemoveEmptyEntries),
                error => Assert.StartsWith("a.yaml", error));
            Assert.True(errors.Length < 100_000);
        },
        iter: Loads, threads: 1);

    [Fact]
    public void Any_descriptor_is_matched_or_not()
    {
        var config = Configs.Read(Valid);
        var entry = Gen.Select(Gen.OneOf("color", "path", "file", "user", "part"), Pieces,
            (key, value) => new EnvoyEntry(key, value));
        Gen.Select(Gen.OneOf(config.Domains.Keys.ToArray()), entry.Array[0, 5]).Sample(
            (domain, entries) =>
            {
                if (config.Match(domain, entries) is { } match)
                    Assert.Equal(entries.Length, match.Counter.Count);
            },
            iter: 2_000, threads: 1);
    }
}
