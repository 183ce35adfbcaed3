using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Tests.Stores;

/// <summary>A snapshot replaces snapshots and nothing else.</summary>
public sealed class SnapshotFileTests : IDisposable
{
    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly string _folder = Directory.CreateTempSubdirectory("weir-snapshot-").FullName;

    private string FilePath => Path.Combine(_folder, "buckets");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("x")]
    [InlineData("defaultPlan: free")]
    [InlineData("WEIRSNAQ and more than a header")]
    public void A_file_of_something_else_is_neither_read_nor_replaced(string text)
    {
        File.WriteAllText(FilePath, text);
        var snapshot = new SnapshotFile(FilePath);

        Assert.Equal("is no snapshot, and would be lost; name another file, or move this one away", snapshot.FindFault());
        Assert.Throws<IOException>(() => snapshot.Read(NewStore()));
        Assert.Throws<IOException>(() => snapshot.Write(NewStore()));
        Assert.Equal(text, File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_companion_of_something_else_is_not_replaced()
    {
        File.WriteAllText(FilePath + ".new", "mine");

        Assert.Throws<IOException>(() => new SnapshotFile(FilePath).Write(NewStore()));
        Assert.Equal("mine", File.ReadAllText(FilePath + ".new"));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".new")]
    [InlineData(".damaged")]
    public void A_folder_in_the_place_of_a_file_is_a_fault(string ending)
    {
        Directory.CreateDirectory(FilePath + ending);

        Assert.NotNull(new SnapshotFile(FilePath).FindFault());
        Assert.Throws<IOException>(() => new SnapshotFile(FilePath).Read(NewStore()));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".new")]
    [InlineData(".damaged")]
    public async Task A_pipe_in_the_place_of_a_file_is_a_fault_and_is_not_opened(string ending)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "mkfifo and statx are of Linux");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", [FilePath + ending]))
            await mkfifo.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("not a regular file", new SnapshotFile(FilePath).FindFault(), StringComparison.Ordinal);
        Assert.Throws<IOException>(() => new SnapshotFile(FilePath).Write(NewStore()));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(100)]
    public void A_damaged_snapshot_is_moved_aside_and_replaces_an_older_one_there(int length)
    {
        var snapshot = new SnapshotFile(FilePath);
        snapshot.Write(NewStore());
        byte[] torn = File.ReadAllBytes(FilePath)[..length];
        File.WriteAllBytes(FilePath, torn);
        File.WriteAllText(FilePath + ".damaged", "older");

        var read = snapshot.Read(NewStore())!;
        snapshot.Write(NewStore());

        Assert.NotNull(read.Fault);
        Assert.Equal(FilePath + ".damaged", read.MovedTo);
        Assert.Equal(torn, File.ReadAllBytes(FilePath + ".damaged"));
        Assert.Null(snapshot.Read(NewStore())!.Fault);
    }

    [Fact]
    public void An_empty_file_is_as_none()
    {
        File.WriteAllText(FilePath, "");

        Assert.Null(new SnapshotFile(FilePath).Read(NewStore()));
    }

    [Fact]
    public void A_symbolic_link_stays_and_its_target_is_written()
    {
        string there = Directory.CreateDirectory(Path.Combine(_folder, "there")).FullName;
        File.CreateSymbolicLink(FilePath, Path.Combine("there", "target"));
        var snapshot = new SnapshotFile(FilePath);

        snapshot.Write(NewStore());
        snapshot.Write(NewStore());

        Assert.Equal(Path.Combine("there", "target"), new FileInfo(FilePath).LinkTarget);
        Assert.Equal([Path.Combine(there, "target")], Directory.GetFiles(there));
        Assert.Null(snapshot.Read(NewStore())!.Fault);
    }

    private MemoryStore NewStore() => new(new MemoryStoreOptions { MaxKeys = 64 }, _time);
}
