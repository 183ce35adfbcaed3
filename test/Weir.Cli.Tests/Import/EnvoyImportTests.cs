using Microsoft.Extensions.Time.Testing;

namespace Weir.Cli.Tests.Import;

public sealed class EnvoyImportTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("weir-test-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_configuration_becomes_a_policy_document_with_a_tenant_for_each_domain()
    {
        Write("a.yaml",
            """
            domain: shop
            descriptors:
              - key: user
                rate_limit: { unit: minute, requests_per_unit: 100 }
              - key: user
                value: anna
                rate_limit: { unit: month, requests_per_unit: 5 }
                shadow_mode: true
              - key: path
                value: /api/*
                descriptors:
                  - { key: method, rate_limit: { unit: week, requests_per_unit: 7 } }
            """);
        Write("b.yaml", "{ domain: calm, descriptors: [{ key: any, rate_limit: { unlimited: true } }] }");
        var run = await ToolRun.OfAsync("import", "envoy", _folder.FullName);
        Assert.Equal("", run.Error);
        Assert.Equal(0, run.ExitCode);
        Assert.Equal(
            """
            defaultPlan: unlimited
            plans:
              unlimited:
                unlimited: true
              shop:
                limits:
                  user:
                    by: [user]
                    unless: { user: [anna] }
                    window: { limit: 100, every: minute, zone: UTC }
                  user_anna:
                    by: []
                    when: { user: anna }
                    window: { limit: 5, every: 30 days, zone: UTC, from: 1970-01-01 }
                    mode: shadow
                  path_-api--.method:
                    by: [path, method]
                    when: { path: "/api/*" }
                    window: { limit: 7, every: week, zone: UTC, from: thursday }
              calm:
                unlimited: true
            tenants:
              shop: { plan: shop }
              calm: { plan: calm }

            """.ReplaceLineEndings("\n"), run.Output);
    }

    [Theory]
    [InlineData("color=red", "color_red")]
    [InlineData("color=rebel", "color_re-")]
    [InlineData("color=blue", "color")]
    [InlineData("file=docs/a", "file_docs--")]
    [InlineData("other=x", "")]
    public async Task The_document_decides_by_the_rule_that_Envoy_would(string descriptor, string expected)
    {
        Write("a.yaml",
            """
            domain: paint
            descriptors:
              - { key: color, rate_limit: { unit: day, requests_per_unit: 1 } }
              - { key: color, value: red, rate_limit: { unit: day, requests_per_unit: 2 } }
              - { key: color, value: re*, rate_limit: { unit: second, requests_per_unit: 3 } }
              - { key: file, value: docs/*, share_threshold: true, rate_limit: { unit: year, requests_per_unit: 0 } }
            """);
        var run = await ToolRun.OfAsync("import", "envoy", _folder.FullName);
        Assert.Equal("", run.Error);
        var time = new FakeTimeProvider();
        var limiter = new RateLimiter(
            PolicyDocument.Parse(run.Output, "imported"), new MemoryStore(new MemoryStoreOptions(), time), time);
        string[] entry = descriptor.Split('=');
        var facts = new RequestFacts("paint", descriptor, 1, new Dictionary<string, string> { [entry[0]] = entry[1] });
        var decision = await limiter.CheckAsync(facts);
        Assert.Equal(expected, string.Join(' ', decision.Limits().Select(limit => limit.Limit.Name)));
    }

    [Fact]
    public async Task The_parts_that_a_document_cannot_express_are_named()
    {
        string many = string.Concat(Enumerable.Range(0, 17)
            .Select(i => $"\n  - {{ key: k{i}, rate_limit: {{ unit: day, requests_per_unit: 1 }} }}"));
        Write("a.yaml", "domain: many\ndescriptors:" + many);
        Write("b.yaml",
            """
            domain: my shop
            descriptors:
              - key: a b
                rate_limit: { unit: day, requests_per_unit: 1 }
              - key: twice
                descriptors: [{ key: twice, rate_limit: { unit: day, requests_per_unit: 1 } }]
              - key: part
                quota_mode: true
                detailed_metric: true
                metadata: { a: b }
                rate_limit: { unit: day, requests_per_unit: 1, replaces: [{ name: other }] }
                descriptors: [{ key: more, rate_limit: { unlimited: true } }]
              - key: part
                value: own
            """);
        var run = await ToolRun.OfAsync("import", "envoy", _folder.FullName);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            """
            many.k16: left out, since a plan has at most 16 limits
            my shop: is no name of a tenant, and becomes my_shop-21e023186c79473d
            my shop.a b: left out, since "a b" is no name of an attribute
            my shop.twice.twice: left out, since a request has each attribute once
            my shop.part: also counts descriptors with some values of more that have rules of their own
            my shop.part: quota_mode is left out: the limit refuses by itself
            my shop.part: metadata is left out
            my shop.part: metrics name the limit, and no values of requests
            my shop.part: replaces is left out, since no limit replaces another one

            """.ReplaceLineEndings("\n"), run.Error);
        Assert.Equal(3, PolicyDocument.Parse(run.Output, "imported").Plans.Count);
    }

    [Fact]
    public async Task A_wrong_configuration_is_refused_with_all_its_errors_and_no_document()
    {
        string path = Write("a.yaml", "domain: d\ndescriptors: [{}, { key: k, rate_limit: { unit: day } }]");
        var run = await ToolRun.OfAsync("import", "envoy", path);
        Assert.Equal(1, run.ExitCode);
        Assert.Equal("", run.Output);
        Assert.Equal(
            $"{path}:2: descriptors[0]: has no key: write the key of an entry, such as user\n"
            + $"{path}:2: descriptors[1].rate_limit: has no requests_per_unit: write it; 0 refuses every request\n",
            run.Error);
    }

    [Fact]
    public async Task Files_with_one_domain_are_merged_on_request()
    {
        Write("a.yaml", "{ domain: d, descriptors: [{ key: a, rate_limit: { unit: day, requests_per_unit: 1 } }] }");
        Write("b.yaml", "{ domain: d, descriptors: [{ key: b, rate_limit: { unit: day, requests_per_unit: 1 } }] }");
        Assert.Equal(1, (await ToolRun.OfAsync("import", "envoy", _folder.FullName)).ExitCode);
        var run = await ToolRun.OfAsync("import", "envoy", _folder.FullName, "--merge-domains");
        Assert.Equal(0, run.ExitCode);
        var plans = PolicyDocument.Parse(run.Output, "imported").Plans;
        Assert.Equal(2, plans.Single(plan => plan.Name == "d").Limits.Length);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
