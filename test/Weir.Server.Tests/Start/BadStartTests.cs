using System.Net;
using System.Net.Sockets;
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
            Weir cannot start:
            Weir:Redis:Ssl is "perhaps": write true or false
            Weir:Memory:MaxKeys is "many": write a whole number
            Weir:Breaker:FailuresInARow is "99999999999": write a whole number
            Weir:Top:Enabled is "sometimes": write true or false
            Weir:Headers is "draft-99": write one of draft-11, draft-06, legacy, off
            Weir:Redis:Prefix is "a:b": write 1 to 64 characters without braces, colons and spaces
            Weir:Memory:SnapshotPath is "/nowhere/at/all", whose folder does not exist: make it, or name another
            Weir:Redis:DeadlineMs is 10001: write a whole number from 1 to 10000
            Weir:Redis:Database is -1: write a whole number from 0 to 65535
            Weir:Memory:SnapshotSeconds is 0: write a whole number from 1 to 86400
            Weir:Breaker:BreakMs is 1: write a whole number from 10 to 60000
            Weir:DecisionLog:PerSecond is 0: write a whole number from 1 to 10000
            Weir:DecisionLog:Denied is NaN: write a number from 0 (none) to 1 (all), such as 0.01
            Weir:DecisionLog:Allowed is -0.5: write a number from 0 (none) to 1 (all), such as 0.01
            urls has "https://127.0.0.1:3000": write http://host:port, with a port up to 65535, several separated by semicolons; TLS is left to a proxy
            urls has "http://127.0.0.1:70000": write http://host:port, with a port up to 65535, several separated by semicolons; TLS is left to a proxy
            urls has "nonsense": write http://host:port, with a port up to 65535, several separated by semicolons; TLS is left to a proxy

            """,
            errors);
    }

    [Theory]
    [InlineData("1.5", "Weir:DecisionLog:Denied is 1.5: write a number from 0 (none) to 1 (all), such as 0.01")]
    [InlineData("Infinity", "Weir:DecisionLog:Denied is Infinity: write a number from 0 (none) to 1 (all), such as 0.01")]
    [InlineData("1%", "Weir:DecisionLog:Denied is \"1%\": write a number, such as 0.01")]
    [InlineData("0,5", "Weir:DecisionLog:Denied is \"0,5\": write a number, such as 0.01")]
    public async Task A_share_that_is_none_is_refused(string share, string fault) =>
        Assert.Equal($"Weir cannot start:\n{fault}\n", await FailAsync($"--Weir:DecisionLog:Denied={share}"));

    [Fact]
    public async Task Endpoints_that_are_none_are_named_without_what_may_be_a_password()
    {
        Assert.Contains("Weir:Redis:Endpoints is written as a URL: write host:port", await FailAsync("--Weir:Redis:Endpoints=redis://me:geheim@127.0.0.1:6379"), StringComparison.Ordinal);
        foreach (string endpoints in new[] { "127.0.0.1:6379,passwort=geheim", ",", "password=geheim" })
            Assert.Contains("Weir:Redis:Endpoints cannot be read: write host:port", await FailAsync($"--Weir:Redis:Endpoints={endpoints}"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Files_of_TLS_that_are_not_there_are_named_with_the_cure() => Assert.Equal(
        """
        Weir cannot start:
        Weir:Redis:CaFile is set, and Weir:Redis:Ssl is not: set Weir:Redis:Ssl to true, or leave Weir:Redis:CaFile out
        Weir:Redis:KeyFile is set, and Weir:Redis:CertificateFile is not: name the certificate that the key belongs to, or leave Weir:Redis:KeyFile out
        Weir:Redis:CaFile is "/nowhere/ca.crt", and there is no such file: name a PEM file with the certificates of those who sign the certificate of Redis

        """,
        await FailAsync("--Weir:Redis:CaFile=/nowhere/ca.crt", "--Weir:Redis:KeyFile=/nowhere/weir.key"));

    [Fact]
    public async Task More_keys_than_memory_has_room_for_are_refused_with_a_number_that_fits()
    {
        // As the runtime sees a container with 200 MiB.
        string errors = await FailAsync(["--Weir:Memory:MaxKeys=10000000"], ("DOTNET_GCHeapHardLimit", "C800000"));

        Assert.Contains("Weir:Memory:MaxKeys is 10000000, which takes 581 MiB, and this process may use 200: write at most 1718977", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--Weir:Keys:Hash=true", "Weir:Keys:Hash is true, and Weir:Keys:Secret is missing: write a secret that all instances share")]
    [InlineData("--Weir:Keys:Secret=geheim", "Weir:Keys:Secret is shorter than 32 characters")]
    public async Task Hashed_keys_need_a_secret_that_nobody_guesses(string setting, string complaint) =>
        Assert.Contains(complaint, await FailAsync(setting), StringComparison.Ordinal);

    [Fact]
    public async Task A_snapshot_where_nothing_can_be_written_is_refused()
    {
        string errors = await FailAsync("--Weir:Memory:SnapshotPath=/proc/weir.snapshot");

        Assert.Contains("Weir:Memory:SnapshotPath is \"/proc/weir.snapshot\", whose folder this user may not write to", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_policy_document_is_reported_with_all_its_mistakes_and_their_lines()
    {
        using var policies = new PolicyFile("defaultPlan: fre\nplans:\n  free:\n    limits:\n      per-key: { by: [key], rate: 5 per s }\n    speed: 1\n");

        string errors = await FailAsync("--" + policies.Setting);

        Assert.StartsWith("Weir cannot start:", errors, StringComparison.Ordinal);
        foreach (int line in (int[])[1, 5, 6])
            Assert.Contains($"policies.yaml:{line}:", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_policy_document_that_is_not_there_is_named()
    {
        string errors = await FailAsync("--Weir:PolicyFile=/nowhere/at/all.yaml");

        Assert.Contains("/nowhere/at/all.yaml: there is no such file", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_said_with_the_cure()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        string url = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        string errors = await FailAsync("--urls=" + url);

        Assert.Equal($"Weir cannot start:\nFailed to bind to address {url}: address already in use.\nSomething listens there already: stop it, or start on another port, such as with --urls http://localhost:8080\n", errors);
    }

    /// <summary>What the program writes to the console before it ends with code 1.</summary>
    private static Task<string> FailAsync(params string[] args) => FailAsync(args, []);

    private static async Task<string> FailAsync(string[] args, params (string Name, string Value)[] environment)
    {
        var (code, output, errors) = await ServerProcess.RunAsync(["--urls=http://127.0.0.1:0", .. args], environment);
        Assert.Equal(1, code);
        Assert.Equal("", output);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", errors, StringComparison.Ordinal);
        return errors.ReplaceLineEndings("\n");
    }
}
