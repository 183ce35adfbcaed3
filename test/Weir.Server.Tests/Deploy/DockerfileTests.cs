using System.Xml.Linq;
using Weir.Testing;

namespace Weir.Server.Tests.Deploy;

/// <summary>What a container engine would trip over when it builds the image.</summary>
public sealed class DockerfileTests
{
    private static readonly Dockerfile File = Dockerfile.Load("deploy/Dockerfile");

    private static Dockerfile.Instruction[] CopiesFromRepository =>
        [.. File.Instructions.Where(line => line.Name == "COPY" && !line.Value.StartsWith("--from", StringComparison.Ordinal))];

    [Fact]
    public void Everything_it_copies_exists() =>
        Assert.All(CopiesFromRepository.SelectMany(copy => copy.Sources), source => Assert.True(Repository.Has(source), source));

    [Fact]
    public void Everything_it_copies_reaches_the_builder()
    {
        var ignore = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var admitted = ignore.Where(line => line.StartsWith('!')).Select(line => line[1..]).ToArray();

        Assert.Contains("*", ignore);
        Assert.All(CopiesFromRepository.SelectMany(copy => copy.Sources), source => Assert.Contains(source.Split('/')[0], admitted));
        Assert.All(admitted, path => Assert.True(Repository.Has(path), path));
    }

    [Fact]
    public void Several_files_are_copied_into_a_folder() =>
        Assert.All(CopiesFromRepository, copy => Assert.EndsWith("/", copy.Destination, StringComparison.Ordinal));

    [Fact]
    public void Restore_sees_every_project_that_the_server_is_made_of_and_its_lock_file()
    {
        var restore = Array.FindIndex(File.Instructions, line => line.Value.StartsWith("dotnet restore", StringComparison.Ordinal));
        var copied = File.Instructions[..restore].Where(line => line.Name == "COPY").SelectMany(copy => copy.Sources).ToArray();

        foreach (var project in ProjectsOf("src/Weir.Server/Weir.Server.csproj"))
        {
            Assert.Contains(project, copied);
            Assert.Contains(Path.Combine(Path.GetDirectoryName(project)!, "packages.lock.json"), copied);
        }

        Assert.Equal("dotnet restore src/Weir.Server --locked-mode", File.Instructions[restore].Value);
    }

    [Fact]
    public void The_final_stage_takes_what_was_published()
    {
        Assert.Contains("dotnet publish src/Weir.Server -c Release -o /app --no-restore", File.Values("RUN"));
        Assert.Contains("--from=build /app ./", File.Values("COPY"));
    }

    [Fact]
    public void The_images_are_of_the_version_that_the_projects_target()
    {
        var framework = XDocument.Parse(Repository.Read("Directory.Build.props")).Descendants("TargetFramework").Single().Value;
        var version = framework["net".Length..];

        Assert.Equal(
            [$"mcr.microsoft.com/dotnet/sdk:{version} AS build", $"mcr.microsoft.com/dotnet/aspnet:{version}-noble-chiseled-extra"],
            File.Values("FROM"));
    }

    [Fact]
    public void It_runs_the_server_without_a_shell_and_not_as_root()
    {
        Assert.Equal(["dotnet", ServerFile], File.Instructions.Single(line => line.Name == "ENTRYPOINT").Exec);
        Assert.Equal(["$APP_UID"], File.Values("USER"));
    }

    [Fact]
    public void The_health_check_is_the_server_itself_since_the_image_has_nothing_else()
    {
        var check = File.Instructions.Single(line => line.Name == "HEALTHCHECK");

        Assert.Contains("CMD [", check.Value, StringComparison.Ordinal);
        Assert.Equal(["dotnet", ServerFile, "--health"], check.Exec);
    }

    [Fact]
    public void It_listens_on_the_port_it_exposes() =>
        Assert.Equal(["ASPNETCORE_HTTP_PORTS=", $"PORT={File.Values("EXPOSE").Single()}"], File.Values("ENV"));

    private static string ServerFile => Path.GetFileName(typeof(WeirOptions).Assembly.Location);

    private static IEnumerable<string> ProjectsOf(string project)
    {
        var folder = Path.GetDirectoryName(project)!;
        var references = XDocument.Parse(Repository.Read(project)).Descendants("ProjectReference")
            .Select(reference => Path.Combine(Repository.Root, folder, reference.Attribute("Include")!.Value))
            .Select(path => Path.GetRelativePath(Repository.Root, Path.GetFullPath(path)));
        return references.SelectMany(ProjectsOf).Append(project).Distinct();
    }
}
