namespace Weir.Server.Tests.Deploy;

/// <summary>No container engine runs these files here, so what one would trip over is checked by reading them.</summary>
public sealed class ComposeTests
{
    private static readonly ComposeFile Compose = ComposeFile.Load("deploy/compose.yaml");

    [Fact]
    public void The_file_at_the_root_includes_the_one_that_describes_the_services()
    {
        var root = ComposeFile.Load("compose.yaml");

        Assert.Equal(["include"], root.Keys(""));
        Assert.Equal(["deploy/compose.yaml"], root.List("include"));
    }

    [Fact]
    public void There_are_two_services_and_both_come_back_by_themselves()
    {
        Assert.Equal(["weir", "redis"], Compose.Keys("services"));
        Assert.Equal("unless-stopped", Compose.Text("services/weir/restart"));
        Assert.Equal("unless-stopped", Compose.Text("services/redis/restart"));
    }

    [Fact]
    public void Weir_is_built_from_a_Dockerfile_that_exists()
    {
        var context = Compose.FromRoot(Compose.Text("services/weir/build/context")!);

        Assert.Equal(".", context);
        Assert.True(Repository.Has(Path.Combine(context, Compose.Text("services/weir/build/dockerfile")!)));
    }

    [Fact]
    public void Weir_waits_for_a_Redis_that_is_asked_how_it_is()
    {
        Assert.Equal("service_healthy", Compose.Text("services/weir/depends_on/redis/condition"));
        Assert.Equal(["CMD", "redis-cli", "ping"], Compose.List("services/redis/healthcheck/test"));
    }

    [Fact]
    public void Redis_keeps_nothing_on_disk_and_evicts_nothing()
    {
        var command = Compose.List("services/redis/command");

        Assert.Equal("redis-server", command[0]);
        Assert.Equal("", After("--save"));
        Assert.Equal("no", After("--appendonly"));
        Assert.Equal("noeviction", After("--maxmemory-policy"));

        string After(string option) => command[Array.IndexOf(command, option) + 1];
    }

    [Fact]
    public void Weir_looks_for_Redis_where_it_is()
    {
        var endpoint = Compose.Text("services/weir/environment/Weir__Redis__Endpoints")!.Split(':');

        Assert.Contains(endpoint[0], Compose.Keys("services"));
        Assert.Equal("6379", endpoint[1]);
    }

    [Fact]
    public void The_published_port_is_the_one_Weir_listens_on_and_only_this_machine_can_reach_it()
    {
        Assert.Equal(["127.0.0.1:3000:3000"], Compose.List("services/weir/ports"));
        Assert.Equal("http://+:3000", Compose.Text("services/weir/environment/ASPNETCORE_URLS"));
        Assert.Equal(["3000"], Dockerfile.Load("deploy/Dockerfile").Values("EXPOSE"));
    }
}
