using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyBoundsTests
{
    [Fact]
    public void A_file_has_at_most_as_many_descriptors_as_the_bound()
    {
        string Of(int count) => "domain: d\ndescriptors:\n"
            + string.Concat(Enumerable.Range(0, count).Select(i => $"- key: k{i}\n"));
        Assert.Equal("", Configs.Errors(Of(EnvoyDocument.MaxDescriptors)));
        Assert.Equal(
            "a.yaml:100003: descriptors[100000]: the file has more than 100000 descriptors: split it",
            Configs.Errors(Of(EnvoyDocument.MaxDescriptors + 1)));
    }

    [Fact]
    public void A_folder_has_at_most_as_many_files_as_the_bound()
    {
        using var folder = new TemporaryFolder();
        for (int i = 0; i < EnvoyFiles.MaxFiles; i++)
            folder.Write($"{i}.yaml", $"domain: d{i}");
        Assert.Equal(EnvoyFiles.MaxFiles, EnvoyFiles.Load(folder.Path, mergeDomains: false).Domains.Count);
        folder.Write("more.yaml", "domain: more");
        var wrong = Assert.Throws<PolicyException>(() => EnvoyFiles.Load(folder.Path, mergeDomains: false));
        Assert.EndsWith("the folder has more than 1000 files: merge some of them", wrong.Message);
    }

    [Fact]
    public void All_files_together_are_at_most_as_long_as_the_bound()
    {
        string Of(string domain, int length) => $"domain: {domain}".PadRight(length, ' ');
        Assert.Equal("", Configs.Errors(Of("a", EnvoyReader.MaxLength / 2), Of("b", EnvoyReader.MaxLength / 2)));
        Assert.Equal(
            "b.yaml: the files are longer than 16 MiB together: write fewer descriptors",
            Configs.Errors(Of("a", EnvoyReader.MaxLength / 2), Of("b", (EnvoyReader.MaxLength / 2) + 1)));
    }

    [Fact]
    public void The_metadata_of_a_descriptor_is_at_most_as_long_as_the_bound()
    {
        string Of(int length) =>
            $"{{ domain: d, descriptors: [{{ key: k, metadata: {{ a: {new string('x', length)} }} }}] }}";
        int most = EnvoyMetadata.MaxLength - """{"a":""}""".Length;
        Assert.Equal("", Configs.Errors(Of(most)));
        Assert.Equal(
            "a.yaml:1: descriptors[0].metadata: is longer than 16384 characters of JSON: write less",
            Configs.Errors(Of(most + 1)));
    }
}
