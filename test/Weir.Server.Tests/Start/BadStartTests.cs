using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Start;

/// <summary>What is wrong stops the start with exit code 1 and all that a user needs to mend it, and nothing else.</summary>
public sealed class BadStartTests
{
    [Fact]
    public async Task Every_wrong_setting_is_named_at_once_with_its_cure()
    {
        string errors = await FailAsync(
            "--Weir:Headers=draft-99",
            "--Weir:Memory:MaxKeys=many",
            "--Weir:Memory:SnapshotPath=/nowhere/at/all",
            "--Weir:Memory:SnapshotSeconds=0",
            "--Weir:Redis:DeadlineMs=10001",
            "--Weir:Redis:Database=-1",
            "--Weir:Redis:Prefix=a:b",
            "--Weir:Redis:Ssl=perhaps",
            "--Weir:Breaker:BreakMs=1",
            "--Weir:Breaker:FailuresInARow=99999999999",
            "--Weir:Top:Enabled=sometimes",
            "--Weir:DecisionLog:Denied=NaN",
            "--Weir:DecisionLog:Allowed=-0.5",
            "--Weir:DecisionLog:PerSecond=0",
            "--urls=https://127.0.0.1:3000;http://127.0.0.1:70000;nonsense");

        Assert.Equal(
            """
            Weir:Headers: "draft-99" is unknown; use one of draft-11, draft-06, legacy, off
            Weir:Redis:Ssl: the value is neither true nor false; use true or false
            Weir:Redis:Database: -1 is out of range; use 0 to 65535
            Weir:Redis:DeadlineMs: 10001 is out of range; use 1 to 10000
            Weir:Memory:MaxKeys: "many" is not a whole number; use 64 to 268435456
            Weir:Memory:SnapshotSeconds: 0 is out of range; use 1 to 86400
            Weir:Breaker:FailuresInARow: 99999999999 is out of range; use 1 to 1000000
            Weir:Breaker:BreakMs: 1 is out of range; use 10 to 60000
            Weir:Top:Enabled: "sometimes" is neither true nor false; use true or false
            Weir:DecisionLog:Denied: "NaN" is out of range; use 0 (none) to 1 (all), such as 0.01
            Weir:DecisionLog:Allowed: "-0.5" is out of range; use 0 (none) to 1 (all), such as 0.01
            Weir:DecisionLog:PerSecond: 0 is out of range; use 1 to 10000
            Weir:Redis:Prefix: the value does not fit; use 1 to 64 characters without braces, colons and spaces
            Weir:Memory:SnapshotPath: the folder of "/nowhere/at/all" does not exist; make it, or name another
            urls: "https://127.0.0.1:3000" does not begin with http://; use http://host:port, several separated by semicolons, and a proxy for TLS
            urls: "http://127.0.0.1:70000" has no port from 0 to 65535; use http://host:port, several separated by semicolons
            urls: "nonsense" is not a URL; use http://host:port, several separated by semicolons
            """,
            errors);
    }

    [Fact]
    public async Task Endpoints_that_are_none_are_named_without_what_may_be_a_password()
    {
        foreach (string endpoints in new[] { "127.0.0.1:6379,passwort=geheim", ",", "password=geheim",
            "127.0.0.1:6379,geheim", "127.0.0.1:6379,ssl=geheim", "redis://geheim@127.0.0.1" })
            Assert.StartsWith("Weir:Redis:Endpoints: ", await FailAsync($"--Weir:Redis:Endpoints={endpoints}"),
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_TLS_that_are_not_there_are_named_with_the_cure() => Assert.Equal(
        """
        Weir:Redis:CaFile: the connection does not use TLS; set Weir:Redis:Ssl to true, or leave Weir:Redis:CaFile out
        Weir:Redis:KeyFile: Weir:Redis:CertificateFile is not set; name the certificate that the key belongs to, or leave Weir:Redis:KeyFile out
        Weir:Redis:CaFile: "/nowhere/ca.crt" does not exist; name a PEM file with the certificates that sign the certificate of Redis
        """,
        await FailAsync("--Weir:Redis:CaFile=/nowhere/ca.crt", "--Weir:Redis:KeyFile=/nowhere/weir.key"));

    [Fact]
    public async Task More_keys_than_memory_has_room_for_are_refused_with_a_number_that_fits()
    {
        // As the runtime sees a container with 200 MiB.
        string errors = await FailAsync(["--Weir:Memory:MaxKeys=10000000"], ("DOTNET_GCHeapHardLimit", "C800000"));

        Assert.Contains(
            "Weir:Memory:MaxKeys: 10000000 takes 381 MiB, and this process may use 200; use at most 2621440", errors,
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Weir:Keys:Hash=true",
        "Weir:Keys:Secret: it is missing, and Weir:Keys:Hash is true; use a secret that all instances share")]
    [InlineData("--Weir:Keys:Secret=geheim", "Weir:Keys:Secret: it is shorter than 32 characters")]
    public async Task Hashed_keys_need_a_secret_that_nobody_guesses(string setting, string complaint) =>
        Assert.Contains(complaint, await FailAsync(setting), StringComparison.Ordinal);

    [Fact]
    public async Task A_snapshot_where_nothing_can_be_written_is_refused()
    {
        string errors = await FailAsync("--Weir:Memory:SnapshotPath=/proc/weir.snapshot");

        Assert.Contains(
            "Weir:Memory:SnapshotPath: the folder of \"/proc/weir.snapshot\" cannot be written by this user", errors,
                StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_policy_document_is_reported_with_all_its_mistakes_and_their_lines()
    {
        using var policies = new PolicyFile("defaultPlan: fre\nplans:\n  free:\n    limits:\n      per-key: { by: [key], rate: 5 per s }\n    speed: 1\n");

        string errors = await FailAsync("--" + policies.Setting);

        Assert.Equal(["1", "5", "6"], errors.Split('\n').Select(line => line.Split(':')[1]));
    }

    [Theory]
    [InlineData("/nowhere/at/all.yaml",
        "Weir:PolicyFile: \"/nowhere/at/all.yaml\" does not exist; make it, or name another file")]
    [InlineData("/", "Weir:PolicyFile: \"/\" is a folder; name a file in it")]
    [InlineData("https://me:geheim@host/policies.yaml",
        "Weir:PolicyFile: the path does not exist; make it, or name another file")]
    [InlineData("   ", "Weir:PolicyFile: it is blank; use a file, or leave it out")]
    public async Task A_policy_document_that_cannot_be_read_is_named_once(string path, string fault) =>
        Assert.Equal(fault, await FailAsync($"--Weir:PolicyFile={path}"));

    [Fact]
    public async Task A_port_in_use_is_said_with_the_cure()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        string errors = await FailAsync("--urls=" + url);

        Assert.Equal(
            $"Failed to bind to address {url}: address already in use. Another program listens there: stop it, or "
                + "use another port, such as with --urls=http://localhost:8080", errors);
    }

    [Theory]
    [InlineData("--urls=http://198.51.100.1:3000", "\"http://198.51.100.1:3000\": this machine has no such address")]
    [InlineData("--urls=http://unix:/nowhere/at/all.sock",
        "\"http://unix:/nowhere/at/all.sock\": this machine has no such address, or no folder for such a socket")]
    [InlineData("--urls=http://127.0.0.1:3000/base", "urls: \"http://127.0.0.1:3000/base\" has a path; leave it out")]
    [InlineData("--urls=http://me:geheim@127.0.0.1:3000", "urls: an address has a user or an @")]
    [InlineData("--Kestrel:Endpoints:a:Url=https://127.0.0.1:3000",
        "Kestrel:Endpoints:a:Url: \"https://127.0.0.1:3000\" does not begin with http://")]
    [InlineData("--Logging:LogLevel:Default=geheim-geheim-geheim",
        "Logging:LogLevel:Default: the value is not a level; use one of Trace, ")]
    [InlineData("--Logging:Console:LogLevel:Weir=loud", "Logging:Console:LogLevel:Weir: \"loud\" is not a level; ")]
    [InlineData("--Logging:Console:FormatterName=xml",
        "Logging:Console:FormatterName: \"xml\" is unknown; use simple or json")]
    [InlineData("--contentRoot=/nowhere", "\"/nowhere/\": there is no such folder; ")]
    public async Task What_the_host_refuses_is_one_line_too(string setting, string fault)
    {
        string errors = await FailAsync("--Weir:Auth:AllowAnonymous=true", setting);
        Assert.StartsWith(fault, Assert.Single(errors.Split('\n')), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_that_the_user_may_not_listen_on_is_said_with_the_cure()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess && File.Exists("/usr/bin/setpriv"),
            "only root can give up the right to listen on a low port");
        string[] asNobody = ["--bounding-set=-net_bind_service", "--reuid=65534", "--regid=65534", "--clear-groups"];

        var (code, output, errors) =
            await ServerProcess.RunAsAsync("/usr/bin/setpriv", asNobody, "--urls=http://127.0.0.1:79");

        Assert.Equal((1, ""), (code, output));
        Assert.StartsWith(
            "Weir cannot start: \"http://127.0.0.1:79\": this user may not listen there; below port 1024 that needs "
                + "root", Assert.Single(errors.TrimEnd().Split('\n')), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\n\"Weir\": geheim", "line 2, byte 9 is not JSON; correct it, or remove the file")]
    [InlineData("", "line 1, byte 1 is not JSON; correct it, or remove the file")]
    [InlineData("[\"geheim\"]",
        "Top-level JSON element must be an object. Instead, 'Array' was found. Correct it, or remove the file")]
    [InlineData("{\"Weir\":{\"Headers\":\"off\",\"headers\":\"geheim\"}}",
        "A duplicate key 'Weir:headers' was found. Correct it, or remove the file")]
    public async Task A_broken_file_of_settings_is_one_line(string text, string fault)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("appsettings.json", text);

        Assert.Equal($"{file}: {fault}", await FailAsync($"--contentRoot={folder.Path}"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{\"entries\":geheim")]
    [InlineData("geheim")]
    public async Task Live_data_that_cannot_be_read_is_one_line(string text)
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("live.json", text);

        Assert.Contains(file, Assert.Single((await FailAsync($"--Weir:Live:Path={file}")).Split('\n')),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_JSON_logs_a_start_that_fails_is_JSON_too()
    {
        var (code, output, errors) = await ServerProcess.RunAsync(["--Weir:Headers=x", "--Weir:Top:Enabled=y"],
            ("Logging__Console__FormatterName", "json"));

        Assert.Equal((1, ""), (code, output));
        var lines = errors.TrimEnd().Split('\n').Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.Equal(
            ["Weir:Headers: \"x\" is unknown; use one of draft-11, draft-06, legacy, off",
                "Weir:Top:Enabled: \"y\" is neither true nor false; use true or false"],
            lines.Select(line => line.GetProperty("State").GetProperty("Fault").GetString()));
        Assert.All(lines, line => Assert.Equal("Critical", line.GetProperty("LogLevel").GetString()));
    }

    /// <summary>The faults that the program writes to the console before it ends with code 1, one a line.</summary>
    private static Task<string> FailAsync(params string[] args) => FailAsync(args, []);

    private static async Task<string> FailAsync(string[] args, params (string Name, string Value)[] environment)
    {
        const string Prefix = "Weir cannot start: ";
        var (code, output, errors) = await ServerProcess.RunAsync(["--urls=http://127.0.0.1:0", .. args], environment);
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", errors, StringComparison.Ordinal);
        string[] lines = errors.ReplaceLineEndings("\n").TrimEnd().Split('\n');
        Assert.All(lines, line => Assert.StartsWith(Prefix, line, StringComparison.Ordinal));
        return string.Join('\n', lines.Select(line => line[Prefix.Length..]));
    }
}
