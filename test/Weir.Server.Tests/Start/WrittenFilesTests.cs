using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Start;

/// <summary>No start writes over a file that is not Weir's, or that another setting names.</summary>
public sealed class WrittenFilesTests : IDisposable
{
    private const string Snapshot = "Weir:Memory:SnapshotPath", Live = "Weir:Live:Path";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(Snapshot, "Weir:PolicyFile")]
    [InlineData(Snapshot, "Weir:Auth:AdminKeyFile")]
    [InlineData(Snapshot, "Weir:Redis:CaFile")]
    [InlineData(Live, "Weir:PolicyFile")]
    [InlineData(Live, "Weir:Keys:SecretFile")]
    [InlineData(Live, "Weir:Auth:Keys:0:KeyFile")]
    public async Task A_file_that_another_setting_names_is_not_written_over(string written, string read)
    {
        string file = _folder.Write("file", "ab1d-5e7f-91ab-cdef-2345-6789-ab1d-5e7f");

        Assert.Contains($"{written}: \"{file}\" would be written over {read}, which names the same file; name another file",
            await FaultsAsync($"{written}={file}", $"{read}={file}"));
        Assert.Equal("ab1d-5e7f-91ab-cdef-2345-6789-ab1d-5e7f", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("data", "data")]
    [InlineData("data", "link")]
    [InlineData("data", "linked/data")]
    [InlineData("data", "linked/../data")]
    [InlineData("data.lock", "data")]
    [InlineData("data", "data.damaged")]
    public async Task Two_names_of_one_file_are_found(string snapshot, string live)
    {
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "link"), "data");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "linked"), ".");
        string path = Path.Combine(_folder.Path, snapshot);

        Assert.Equal([$"{Snapshot}: \"{path}\" would be written over {Live}, which names the same file; name another file"],
            await FaultsAsync($"{Snapshot}={path}", $"{Live}={Path.Combine(_folder.Path, live)}"));
    }

    [Fact]
    public async Task The_policies_that_ship_are_not_written_over()
    {
        string shipped = Path.Combine(AppContext.BaseDirectory, "policies.yaml");

        Assert.StartsWith($"{Snapshot}: \"{shipped}\" would be written over Weir:PolicyFile",
            Assert.Single(await FaultsAsync($"{Snapshot}={shipped}")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_snapshot_stops_the_start_and_stays()
    {
        string file = _folder.Write("letter", "Dear reader");

        Assert.Equal([$"{Snapshot}: \"{file}\" is no snapshot, and would be lost; name another file, or move this one away"],
            await FaultsAsync($"{Snapshot}={file}"));
        Assert.Equal("Dear reader", await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(Snapshot, "")]
    [InlineData(Snapshot, ".new")]
    [InlineData(Live, "")]
    [InlineData(Live, ".lock")]
    [InlineData(Live, ".new")]
    public async Task A_pipe_in_the_place_of_a_file_stops_the_start(string setting, string ending)
    {
        string file = Path.Combine(_folder.Path, "file");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [file + ending]))
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);

        string fault = Assert.Single(await FaultsAsync($"{setting}={file}"));
        Assert.StartsWith($"{setting}: \"{file}\" ", fault, StringComparison.Ordinal);
        Assert.Contains("not a regular file", fault, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Links_in_a_circle_are_one_line()
    {
        string file = Path.Combine(_folder.Path, "a");
        File.CreateSymbolicLink(file, "b");
        File.CreateSymbolicLink(Path.Combine(_folder.Path, "b"), "a");

        Assert.Equal([$"{Snapshot}: \"{file}\" has symbolic links that lead round in a circle; name another file"],
            await FaultsAsync($"{Snapshot}={file}"));
    }

    private static async Task<IReadOnlyList<string>> FaultsAsync(params string[] settings) =>
        (await Assert.ThrowsAsync<SettingsException>(() => RunningServer.StartAsync(settings))).Faults;
}
