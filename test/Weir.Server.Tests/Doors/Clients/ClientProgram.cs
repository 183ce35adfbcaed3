using Weir.Server.Tests.Docs;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Clients;

/// <summary>A client of docs/clients.md, as its block has it, built and run as the page says.</summary>
internal sealed class ClientProgram : IDisposable
{
    private static readonly Dictionary<string, (string File, string[] Needs, string Build, string[] Run)> Languages =
    new()
    {
        ["typescript"] = ("weir.mts", ["node", "tsc"],
            "tsc --strict --target es2022 --module es2022 --moduleResolution node weir.mts", ["node", "weir.mjs"]),
        ["python"] = ("weir.py", ["python3"], "python3 -m py_compile weir.py", ["python3", "weir.py"]),
        ["go"] = ("weir.go", ["go"], "go build weir.go", ["./weir"]),
        ["java"] = ("Weir.java", ["java", "javac"], "javac Weir.java", ["java", "-cp", ".", "Weir"]),
    };

    private readonly TemporaryFolder _folder = new();
    private readonly string[] _run;

    private ClientProgram(string[] run) => _run = run;

    public static async Task<ClientProgram> BuildAsync(string language)
    {
        var (file, needs, build, run) = Languages[language];
        Programs.Require(needs);
        var program = new ClientProgram(run);
        var block = MarkdownPage.All["docs/clients.md"].Blocks.Single(block => block.Language == language);
        program._folder.Write(file, block.Text);
        string[] words = build.Split(' ');
        string output = await program.RunAsync(words[0], words[1..], []);
        Assert.True(output.Length == 0, output);
        return program;
    }

    /// <summary>Runs the client for a key, and returns the lines that it prints.</summary>
    public Task<string> TakeAsync(string key, params (string Name, string Value)[] environment) =>
        RunAsync(_run[0], [.. _run[1..], key], environment);

    public void Dispose() => _folder.Dispose();

    private async Task<string> RunAsync(string program, string[] arguments, (string Name, string Value)[] environment)
    {
        (string, string)[] own =
        [
            ("LC_ALL", "C.UTF-8"), ("GOCACHE", Path.Combine(_folder.Path, "cache")), ("GO111MODULE", "off"),
            ("no_proxy", "*"),
        ];
        using var process = KeptProcess.Start(program, arguments, [.. own, .. environment], _folder.Path);
        await Until.TrueAsync(() => process.HasEnded, () => $"{program} does not end: {process.Output}");
        return process.Output.Trim();
    }
}
