using System.Text.RegularExpressions;
using Weir.Testing;

namespace Weir.Server.Tests.Docs;

/// <summary>
/// The shell blocks of each page run, in their order and in one shell, and print the blocks that follow them.
/// </summary>
public sealed partial class ShellTests
{
    /// <summary>Blocks that cannot run in a test: the page, the beginning of the block, the reason.</summary>
    private static readonly (string Page, string Begins, string Reason)[] NotRun =
    [
        ("README.md", "dotnet test", "would run itself"),
        ("README.md", "dotnet run -c Release --project src/Weir.Cli", "Weir.Cli.Tests runs it; takes a minute"),
        ("CONTRIBUTING.md", "dotnet test", "would run itself"),
        ("CONTRIBUTING.md", "WORLD_", "would run itself; takes minutes"),
        ("CONTRIBUTING.md", "DRILL_", "would run itself; takes minutes"),
        ("docs/load.md", "dotnet run -c Release --project src/Weir.Cli", "Weir.Cli.Tests runs it; takes a minute"),
        ("docs/envoy.md", "dotnet run -c Release --project src/Weir.Cli", "Weir.Cli.Tests runs it; takes a minute"),
        ("docs/load.md", "weir", "Weir.Cli.Tests runs it; takes a minute"),
        ("docs/capacity.md", "dotnet run -c Release --project src/Weir.Cli", "Weir.Cli.Tests runs it; takes a minute"),
        ("docs/redis.md", "redis-cli --cluster create", "needs six servers; Weir.Redis.Tests starts clusters"),
        ("docs/cluster.md", "redis-cli", "needs a cluster on other machines"),
        ("CONTRIBUTING.md", "FUZZ_", "would run itself; takes minutes"),
        ("CONTRIBUTING.md", "QUOTA_SEEDS=", "would run itself; takes minutes"),
        ("docs/proxies.md", "sudo nginx", "ProxyTests runs nginx with the file"),
        ("docs/proxies.md", "caddy", "ProxyTests runs Caddy with the file"),
        ("docs/proxies.md", "traefik", "Debian has no Traefik"),
        ("docs/proxies.md", "envoy", "Debian has no Envoy"),
        ("docs/grpc.md", "grpcurl", "Debian has no grpcurl; GrpcPeersTests asks with grpc-js"),
        ("docs/run.md", "docker compose", "needs Docker"),
        ("docs/run.md", "docker build", "needs Docker"),
        ("docs/run.md", "kubectl", "needs Kubernetes"),
        ("docs/run.md", "dotnet publish", "takes a minute; .ci/try-image publishes"),
        ("docs/run.md", "sudo", "needs root and systemd"),
        ("docs/upgrade.md", "kubectl", "needs Kubernetes"),
        ("docs/upgrade.md", "sudo", "needs root and systemd"),
    ];

    /// <summary>Programs of the pages that a machine may lack.</summary>
    private static readonly string[] Programs = ["bash", "curl", "openssl", "redis-server", "redis-cli"];

    /// <summary>On a build machine a missing program is a failure.</summary>
    private static readonly bool OnBuildMachine =
        string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    public static TheoryData<string> Pages =>
        [.. MarkdownPage.All.Values.Where(page => Runs(page).Any()).Select(page => page.Path)];

    [Theory]
    [MemberData(nameof(Pages))]
    public async Task Every_shell_block_runs_and_prints_the_block_that_follows_it(string path)
    {
        var page = MarkdownPage.All[path];
        var blocks = Runs(page).ToList();
        if (!OnBuildMachine && Missing(blocks) is { Count: > 0 } missing)
            throw new SkippedException($"The blocks of {path} need {string.Join(", ", missing)} on the PATH.");
        var outputs = await ShellRun.RunAsync([.. blocks.Select(block => block.Text)]);

        foreach (var (block, output) in blocks.Zip(outputs))
        {
            if (ExpectedAfter(page, block) is { } expected)
                Assert.True(Matches(expected.Text, output), $"{block.Place} printed\n{output}\nand not\n{expected.Text}");
            else
                Assert.True(!Problem().IsMatch(output), $"{block.Place} printed a problem:\n{output}");
        }
    }

    [Fact]
    public void Every_block_that_is_not_run_is_there_and_has_a_reason() => Assert.All(NotRun, entry =>
    {
        Assert.NotEmpty(entry.Reason);
        Assert.True(
            MarkdownPage.All[entry.Page].Blocks.Any(block => IsOf(entry, block)),
            $"{entry.Page} has no block {entry.Begins}");
    });

    [Theory]
    [InlineData("a …\nc", "a b\nc\n", true)]
    [InlineData("a\n…\nd", "a\nb\nc\nd", true)]
    [InlineData("a\nb", "a", false)]
    [InlineData("a", "a\nb", false)]
    [InlineData("""{"remaining":9,…}""", """{"remaining":8,"x":1}""", false)]
    public void A_line_that_differs_from_the_page_is_found(string expected, string printed, bool matches) =>
        Assert.Equal(matches, Matches(expected, printed));

    private static IEnumerable<MarkdownBlock> Runs(MarkdownPage page) => page.Blocks
        .Where(block => block.Language == "sh" && !NotRun.Any(entry => IsOf(entry, block)));

    private static List<string> Missing(List<MarkdownBlock> blocks) =>
    [
        .. from program in Programs
           where program == "bash" || blocks.Exists(block => block.Text.Contains(program, StringComparison.Ordinal))
           where !(Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
               .Any(folder => File.Exists(Path.Combine(folder, program)))
           select program,
    ];

    private static bool IsOf((string Page, string Begins, string Reason) entry, MarkdownBlock block) =>
        block.Page == entry.Page && block.Language == "sh"
            && block.Text.StartsWith(entry.Begins, StringComparison.Ordinal);

    /// <summary>The block of output right after a block of commands, without a word between them.</summary>
    private static MarkdownBlock? ExpectedAfter(MarkdownPage page, MarkdownBlock block)
    {
        int lines = block.Text.Count(letter => letter == '\n') + 2;
        return page.Blocks.FirstOrDefault(next =>
            next.Line == block.Line + lines + 1 && next.Language is ("text" or "http" or "json"));
    }

    /// <summary>True if the output is the expected text, in which <c>…</c> stands for anything.</summary>
    private static bool Matches(string expected, string printed)
    {
        string pattern = Regex.Escape(expected.Trim()).Replace("…", ".*", StringComparison.Ordinal);
        return Regex.IsMatch(printed.Replace("\r", "").Trim(), $"^{pattern}$", RegexOptions.Singleline);
    }

    [GeneratedRegex("""
        "status":(4(?!29)\d\d|5\d\d)
        """)]
    private static partial Regex Problem();
}
