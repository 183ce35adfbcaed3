using Microsoft.Extensions.Configuration;
using Weir.Server.Tests.Configuration;
using Weir.Server.Tests.Harness;
using Weir.Testing;

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

    /// <summary>Anybody may take as long as nobody else can come: who publishes the port further must change that word, too.</summary>
    [Fact]
    public void Whoever_sends_no_key_is_let_in_by_default_only_since_the_port_is_of_this_machine()
    {
        Assert.All(Compose.List("services/weir/ports"), port => Assert.StartsWith("127.0.0.1:", port, StringComparison.Ordinal));
        Assert.Equal("${WEIR_ALLOW_ANONYMOUS:-true}", Compose.Text("services/weir/environment/Weir__Auth__AllowAnonymous"));
        Assert.Equal("${WEIR_ADMIN_KEY:-}", Compose.Text("services/weir/environment/Weir__Auth__AdminKey"));
        // The same settings as Compose would give them: with nothing in the environment, and with both.
        string url = Compose.Text("services/weir/environment/ASPNETCORE_URLS")!;
        Assert.True(Rule(url, "true", "").AnonymousMayTake);
        Assert.False(Rule(url, "false", AdminCalls.Key).AnonymousMayTake);
    }

    [Fact]
    public void The_image_itself_lets_in_nobody_and_says_so_by_not_starting()
    {
        var image = Dockerfile.Load("deploy/Dockerfile");
        Assert.DoesNotContain(image.Values("ENV"), variable => variable.Contains("Auth", StringComparison.Ordinal));
        var variables = image.Values("ENV").Select(variable => variable.Split('='))
            .Select(parts => (parts[0].Replace("ASPNETCORE_", "", StringComparison.Ordinal), (string?)parts[1]));
        Assert.StartsWith("PORT has 3000, on every address, which other machines can reach",
            Assert.Single(Read.Faults([.. variables])), StringComparison.Ordinal);
    }

    private static AccessRule Rule(string url, string allowAnonymous, string adminKey)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = url, ["Weir:Auth:AllowAnonymous"] = allowAnonymous, ["Weir:Auth:AdminKey"] = adminKey })
            .Build();
        return AccessRule.Of(Settings.Read(configuration).Auth, ListenAddresses.Reachable(configuration));
    }

    [Fact]
    public void The_published_port_is_the_one_Weir_listens_on_and_only_this_machine_can_reach_it()
    {
        Assert.Equal(["127.0.0.1:3000:3000"], Compose.List("services/weir/ports"));
        Assert.Equal("http://+:3000", Compose.Text("services/weir/environment/ASPNETCORE_URLS"));
        Assert.Equal(["3000"], Dockerfile.Load("deploy/Dockerfile").Values("EXPOSE"));
    }
}
