using System.Text;

namespace Weir.Tests.Policies;

public sealed class LoadTests : IDisposable
{
    private const string Good = "defaultPlan: free\nplans: { free: {} }\n";

    private readonly string _folder = Directory.CreateTempSubdirectory("weir-policies-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_in_UTF_8_is_loaded_with_or_without_its_mark()
    {
        Assert.Equal("free", PolicyDocument.Load(Write("plain.yaml", Encoding.UTF8.GetBytes(Good))).DefaultPlan.Name);
        Assert.Equal("free", PolicyDocument.Load(Write("marked.yaml", [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(Good)])).DefaultPlan.Name);
    }

    [Fact]
    public void Errors_name_the_file_as_it_was_named()
    {
        string path = Write("bad.yaml", "plans: {}"u8);

        Assert.Equal(
            $"{path}:1: defaultPlan is missing: name the plan of tenants that are not listed\n{path}:1: plans: is empty: write at least the default plan",
            Report(path));
    }

    [Fact]
    public void A_missing_file_is_reported_with_its_full_path() =>
        Assert.Equal(
            $"nowhere.yaml: there is no such file ({Path.GetFullPath("nowhere.yaml")}): write it, or name another one",
            Report("nowhere.yaml"));

    [Fact]
    public void A_directory_is_no_file() =>
        Assert.Equal($"{_folder}: this is a directory: name the file in it", Report(_folder));

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    public void An_empty_path_is_reported(string path) =>
        Assert.Equal($"{path}: the path is empty: name the policy file", Report(path));

    [Fact]
    public void A_path_that_no_file_can_have_is_reported() =>
        Assert.Contains("there is no such file (\"a\\u0000b\")", Report("a\0b"), StringComparison.Ordinal);

    [Fact]
    public void Bytes_that_are_not_UTF_8_are_reported_with_their_line()
    {
        string path = Write("latin1.yaml", Encoding.Latin1.GetBytes("defaultPlan: free\n# für alle\nplans: {}\n"));

        Assert.Equal($"{path}:2: this is not UTF-8: save the file as UTF-8", Report(path));
    }

    [Fact]
    public void A_file_in_UTF_16_is_reported()
    {
        string path = Write("utf16.yaml", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Good)]);

        Assert.Equal($"{path}:1: this is not UTF-8: save the file as UTF-8", Report(path));
    }

    [Fact]
    public void L10_a_file_larger_than_16_MiB_is_refused_and_one_of_16_MiB_is_not()
    {
        byte[] bytes = new byte[PolicyDocument.MaxBytes + 1];
        bytes.AsSpan().Fill((byte)'#');
        Encoding.UTF8.GetBytes(Good).CopyTo(bytes, 0);

        Assert.Equal("free", PolicyDocument.Load(Write("most.yaml", bytes.AsSpan(..^1))).DefaultPlan.Name);
        string path = Write("more.yaml", bytes);
        Assert.Equal($"{path}: the file is larger than 16 MiB: split the tenants over several services", Report(path));
    }

    [Fact]
    public void A_file_that_cannot_be_opened_is_reported()
    {
        string path = Write("locked.yaml", "x"u8);
        using var held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        Assert.StartsWith($"{path}: the file cannot be read: ", Report(path), StringComparison.Ordinal);
    }

    private static string Report(string path) =>
        Assert.Throws<PolicyException>(() => PolicyDocument.Load(path)).Message;

    private string Write(string name, ReadOnlySpan<byte> content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }
}
