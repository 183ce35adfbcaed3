using CsCheck;

namespace Weir.Tests.Policies;

public sealed class FuzzTests
{
    private const string Yaml =
        """
        # plans
        defaultPlan: free
        plans:
          free:
            onOutage: local
            limits:
              per-key:
                by: [key, "region"]
                rate: 5/s
                burst: 2x
          'pro': { limits: { per-key: { rate: 50/10s, burst: 1.5x } } }
        tenants:
          acme: { plan: pro }
          globex:
            limits: { per-key: { rate: 20/s } }

        """;

    private const string Json =
        """{"defaultPlan":"free","plans":{"free":{"limits":{"per-key":{"by":["key"],"rate":"5\/s","burst":2}}}},"tenants":{"acme":null}}""";

    private static readonly string[] Pieces =
    [
        "\n", "\r", "\t", " ", "  ", ":", ": ", "- ", "? ", "{", "}", "[", "]", ",", "\"", "'", "#", "&a ", "*a", "!x ", "!!str ", "!<", "|", ">", "|\n",
        "%", "%YAML 9.9\n", "%TAG ! x\n", "@", "`", "---\n", "...\n", "<<: ", "~", "\0", "\u0085", "\u2028", "\uFEFF", "\uD800", "é", "😀",
        "\\", "\\u", "\\ud800", "\\x0", "0", "9", "99999999999999999999", "x", "/", "/s", ".", "plans", "tenants", "per-key", "free", "null",
    ];

    private static readonly Gen<(string, (int, int, string)[])> Mutations = Gen.Select(
        Gen.OneOf(Yaml, Json),
        Gen.Select(Gen.Int[0, 4000], Gen.Int[0, 12], Gen.OneOf(Gen.OneOf(Pieces), Gen.String[0, 3])).Array[1, 8]);

    [Fact]
    public void Whatever_a_document_holds_it_is_parsed_or_reported() =>
        Mutations.Sample(
            mutated =>
            {
                string text = Mutate(mutated.Item1, mutated.Item2);
                bool parsed = PolicyDocument.TryParse(text, "p.yaml", out var policies, out var errors);
                Assert.Equal(parsed, errors.Count == 0);
                Assert.Equal(parsed, policies is not null);
                Assert.All(errors, error => AssertIsReadable(error, text));
            },
            iter: 10_000);

    [Fact]
    public void L12_whatever_a_bad_document_holds_the_running_policies_stay() =>
        Mutations.Sample(
            mutated =>
            {
                var running = PolicyDocument.Parse("defaultPlan: free\nplans: { free: {} }\n", "running");
                using var policies = new LivePolicies(running, TimeProvider.System);
                var errors = policies.Apply(new LiveRead(new LiveVersion("test", 1), [new LiveEntry(LiveKind.Policies, "", 1, Mutate(mutated.Item1, mutated.Item2))], IsWhole: false));
                Assert.Equal(errors.Count > 0, ReferenceEquals(running, policies.Current));
            },
            iter: 2_000);

    private static string Mutate(string text, (int At, int Cut, string Insert)[] mutations)
    {
        foreach (var (at, cut, insert) in mutations)
        {
            int start = at % (text.Length + 1);
            text = string.Concat(text.AsSpan(0, start), insert, text.AsSpan(Math.Min(text.Length, start + cut)));
        }

        return text;
    }

    private static void AssertIsReadable(PolicyError error, string text)
    {
        Assert.InRange(error.Line, 1, text.Count(letter => letter is '\n' or '\r') + 2);
        Assert.True(error.Column >= 1);
        Assert.NotEmpty(error.Message);
        Assert.DoesNotContain(error.ToString(), letter => char.IsControl(letter));
    }
}
