using System.Text.Json;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Start;

/// <summary>What a process does to the machine, and writes to its console.</summary>
public sealed class ProcessTests
{
    /// <summary>
    /// Watching the current folder took 19 seconds and 47,000 watches in /, where systemd starts services.
    /// </summary>
    [Fact]
    public async Task It_watches_no_file_of_the_folder_that_it_is_started_in()
    {
        Assert.SkipUnless(Directory.Exists("/proc/self/fdinfo"), "only Linux says what a process watches");
        using var folder = new TemporaryFolder();
        for (int i = 0; i < 50; i++)
            Directory.CreateDirectory(Path.Combine(folder.Path, $"{i % 5}", $"{i}"));
        folder.Write("appsettings.json", """{ "Weir": { "Headers": "legacy" } }""");

        using var server = await ServerProcess.StartInAsync(["--urls=http://127.0.0.1:0", "--Weir:Memory:MaxKeys=64"],
            folder: folder.Path);

        Assert.Equal(0, Directory.GetFiles($"/proc/{server.Id}/fdinfo")
            .Sum(file => File.ReadLines(file).Count(line => line.StartsWith("inotify wd:", StringComparison.Ordinal))));
        Assert.NotNull((await server.Http.TakeAsync("k")).Header("X-RateLimit-Limit"));
    }

    [Fact]
    public async Task With_JSON_logs_everything_on_the_console_is_JSON_from_the_first_line_to_the_last()
    {
        using var server = await ServerProcess.StartInAsync(
            ["--urls=http://127.0.0.1:0", "--Weir:Memory:MaxKeys=64", "--Weir:Redis:Endpoints=127.0.0.1:1",
                "--Weir:Memory:SnapshotPath=/tmp/nobody-writes-this"],
            [("Logging__Console__FormatterName", "json")]);
        server.Signal("TERM");
        await server.EndedAsync();

        var lines = server.Output.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal($"Weir {ProductVersion.Text} starts", lines[0].GetProperty("Message").GetString());
        var greeting = Assert.Single(lines, line => line.GetProperty("EventId").GetInt32() == 61).GetProperty("State");
        Assert.Equal(ProductVersion.Text, greeting.GetProperty("Version").GetString());
        Assert.StartsWith("http://127.0.0.1:", greeting.GetProperty("Urls").GetString(), StringComparison.Ordinal);
        Assert.StartsWith("Redis at 127.0.0.1:1, which does not answer yet", greeting.GetProperty("Store").GetString(),
            StringComparison.Ordinal);
        Assert.Equal("the policies.yaml that ships: 2 plans, 0 tenants, free for all others",
            greeting.GetProperty("Policies").GetString());
        Assert.Equal("anybody on this machine", greeting.GetProperty("Callers").GetString());
        Assert.StartsWith("curl -s http://127.0.0.1:", greeting.GetProperty("Try").GetString(),
            StringComparison.Ordinal);
        Assert.StartsWith("Weir stops: ", lines[^1].GetProperty("Message").GetString(), StringComparison.Ordinal);
    }
}
