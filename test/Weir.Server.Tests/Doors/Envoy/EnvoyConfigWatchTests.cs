using Microsoft.Extensions.Logging;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Doors.Envoy;

public sealed class EnvoyConfigWatchTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly EnvoyMetrics _metrics = new();
    private readonly LogLines _log = new();
    private readonly LoggerFactory _logs;

    public EnvoyConfigWatchTests() => _logs = new LoggerFactory([_log]);

    public void Dispose()
    {
        _logs.Dispose();
        _metrics.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_changed_file_of_a_folder_holds_after_the_next_look()
    {
        _folder.Write("a.yaml", Text("one"));
        var (watch, configs) = Watch(_folder.Path);
        _folder.Write("b.yaml", Text("two"));
        watch.Look();
        Assert.Equal(["one", "two"], configs.Current.Domains.Keys.Order());
        File.Delete(Path.Combine(_folder.Path, "a.yaml"));
        watch.Look();
        Assert.Equal(["two"], configs.Current.Domains.Keys);
    }

    [Fact]
    public void A_wrong_file_changes_nothing_until_it_is_corrected()
    {
        string path = _folder.Write("a.yaml", Text("one"));
        var (watch, configs) = Watch(path);
        _folder.Write("a.yaml", "domain: two\ndescriptors: [{}]");
        watch.Look();
        watch.Look();
        Assert.Equal(["one"], configs.Current.Domains.Keys);
        Assert.Contains($"{path}:2: descriptors[0]: has no key", Assert.Single(_log.AtLeast(LogLevel.Error)));
        _folder.Write("a.yaml", Text("two"));
        watch.Look();
        Assert.Equal(["two"], configs.Current.Domains.Keys);
    }

    [Fact]
    public void A_file_that_one_look_misses_is_being_replaced()
    {
        string path = _folder.Write("a.yaml", Text("one"));
        var (watch, configs) = Watch(path);
        File.Delete(path);
        watch.Look();
        Assert.Empty(_log.AtLeast(LogLevel.Error));
        watch.Look();
        Assert.Contains("there is no such file", Assert.Single(_log.AtLeast(LogLevel.Error)));
        Assert.Equal(["one"], configs.Current.Domains.Keys);
    }

    [Fact]
    public void An_unchanged_folder_is_not_loaded_again()
    {
        _folder.Write("a.yaml", Text("one"));
        var (watch, configs) = Watch(_folder.Path);
        var before = configs.Current;
        _folder.Write("notes.txt", "no configuration");
        _folder.Write(".hidden.yaml", "no configuration either");
        watch.Look();
        Assert.Same(before, configs.Current);
    }

    [Fact]
    public void A_folder_without_files_is_refused()
    {
        var wrong = Assert.Throws<PolicyException>(() => EnvoyFiles.Load(_folder.Path, mergeDomains: false));
        Assert.EndsWith("the folder has no file that ends with .yaml, .yml or .json: write one", wrong.Message);
    }

    private (EnvoyConfigWatch Watch, EnvoyConfigs Configs) Watch(string path)
    {
        var texts = EnvoyTexts.Read(path);
        var configs = new EnvoyConfigs(texts.Load(mergeDomains: false));
        var watch = new EnvoyConfigWatch(
            path, texts.Hash, configs, _metrics, new WeirOptions(), TimeProvider.System,
            _logs.CreateLogger<EnvoyConfigWatch>());
        return (watch, configs);
    }

    private static string Text(string domain) =>
        $"{{ domain: {domain}, descriptors: [{{ key: k, rate_limit: {{ unit: day, requests_per_unit: 1 }} }}] }}";
}
