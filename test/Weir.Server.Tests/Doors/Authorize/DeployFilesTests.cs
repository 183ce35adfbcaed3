using Weir.Testing;
using YamlDotNet.RepresentationModel;

namespace Weir.Server.Tests.Doors.Authorize;

/// <summary>The files of proxies that no test can start are at least well-formed and name the right addresses.</summary>
public sealed class DeployFilesTests
{
    [Theory]
    [InlineData("deploy/traefik/traefik.yaml", "deploy/traefik/dynamic.yaml", ":8080")]
    [InlineData("deploy/traefik/dynamic.yaml", "http://127.0.0.1:3000/v1/authorize", "http://127.0.0.1:8000")]
    [InlineData("deploy/envoy/envoy.yaml", "/v1/authorize", "http://127.0.0.1:3000")]
    [InlineData("deploy/envoy/ratelimit.yaml", "envoy.filters.http.ratelimit", "8081", "V3")]
    public void A_file_is_YAML_with_these_values(string path, params string[] values)
    {
        var yaml = new YamlStream();
        yaml.Load(new StringReader(Repository.Read(path)));

        var all = yaml.Documents.SelectMany(document => document.AllNodes).OfType<YamlScalarNode>()
            .Select(node => node.Value).ToHashSet();
        Assert.All(values, value => Assert.Contains(value, all));
    }
}
