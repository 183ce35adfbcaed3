using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Configuration;

/// <summary>
/// No message repeats a secret, in whatever setting it stands by mistake. It is called "geheim" here.
/// </summary>
public sealed class NoSecretTests
{
    /// <summary>
    /// What people may put into a setting: a password, a key, a URL with a password, and parts of one.
    /// </summary>
    private static readonly string[] Secrets =
    [
        "geheim", "geheim-0123456789abcdef0123456789abcdef", "redis://me:geheim@host:6379",
            "rediss://:geheim@host:6379/1?x=1", "https://me:geheim@host/x", "http://geheim@host",
        "host:6379,geheim", "host:6379,password=geheim,x=geheim", "host:6379,ssl=geheim", "geheim@host:6379",
            "geheim geheim", "\"geheim\"", "geheim\n", "Z2VoZWlt/geheim==", "geheim;geheim",
    ];

    /// <summary>Settings outside of our section whose faults we tell.</summary>
    private static readonly string[] Others =
        ["urls", "http_ports", "https_ports", "PORT", "Kestrel:Endpoints:a:Url", "Logging:LogLevel:Default",
            "Logging:Console:FormatterName", "Weir", "Weir:Auth", "Weir:Redis", "Weir:Keys", "Weir:Auth:Keys",
                "Weir:Auth:Keys:0"];

    /// <summary>
    /// Paths are named in full, and where nothing else is a secret a short word is: for those, only what looks like a
    /// secret counts.
    /// </summary>
    private static readonly string[] Harmless =
        ["geheim", "\"geheim\"", "geheim\n", "geheim geheim", "geheim;geheim", "host:6379,geheim"];

    [Fact]
    public void Whatever_the_setting_no_fault_repeats_a_secret()
    {
        foreach (string setting in (string[])[.. SettingTable.Paths.Select(known => known.Path), .. Others])
        {
            bool isGuarded = setting.Split(':') is [_, "Auth" or "Keys" or "Redis", ..] || setting == "Weir";
            foreach (string secret in isGuarded ? Secrets : Secrets.Except(Harmless))
                AssertIsKept(setting, secret, Read.Faults((setting, secret)));
        }
    }

    [Fact]
    public void No_more_does_a_fault_of_something_else()
    {
        foreach (string secret in Secrets)
        {
            AssertIsKept("two", secret, Read.Faults(("Weir:Auth:AdminKey", secret),
                ("Weir:Auth:AdminKeyFile", "/nowhere"), ("Weir:Headers", "x")));
            AssertIsKept("three", secret, Read.Faults(("Weir:Redis:Endpoints", "redis://me:x@a"),
                ("Weir:Redis:Password", secret), ("Weir:Redis:User", secret)));
            AssertIsKept("four", secret, Read.Faults(("Weir:Auth:Keys:0:Name", secret),
                ("Weir:Auth:Keys:0:Key", secret), ("Weir:Auth:Keys:0:Scope", secret),
                    ("Weir:Auth:Keys:1:Key", secret)));
        }
    }

    [Theory]
    [InlineData("/data/x\u001b[31m.yaml")]
    [InlineData("/data/\u202egeheim")]
    [InlineData("/data/\u200b")]
    [InlineData("./x\ny")]
    public void Nor_does_a_path_change_what_a_terminal_shows(string path)
    {
        Assert.Equal("the path", ShownValue.Path(path));
        Assert.Equal("an address", ShownValue.Url("http://" + path));
        Assert.Equal("the value", ShownValue.Of(path));
    }

    [Theory]
    [InlineData("/data/Verträge.yaml", "\"/data/Verträge.yaml\"")]
    [InlineData("weir.json", "\"weir.json\"")]
    [InlineData("0123456789abcdef", "the path")]
    [InlineData("https://me:geheim@host/x", "the path")]
    public void A_path_that_looks_like_one_is_repeated(string path, string shown) => Assert.Equal(shown, ShownValue.Path(path));

    /// <summary>What others throw may hold settings.</summary>
    [Fact]
    public void Nor_does_a_message_that_others_wrote()
    {
        var configuration = Read.Configuration(("Kestrel:Certificates:Default:Password", "geheim"),
            ("Weir:Auth:AdminKey", "geheim-2"), ("Weir:Headers", "off"));
        Assert.Equal(
            ["a ... and ... and off (InvalidOperationException); --help lists all settings"],
            StartFaults.Of(new InvalidOperationException("a geheim and\ngeheim-2 and off"), configuration));
    }

    [Fact]
    public async Task A_server_that_starts_prints_no_secret_either()
    {
        using var folder = new TemporaryFolder();
        using var server = await ServerProcess.StartAsync(
            "Weir:Redis:Endpoints=redis://me:geheim-0123456789@127.0.0.1:1/2",
                $"Weir:Auth:AdminKeyFile={folder.Write("key", "geheim-0123456789abcdef\n")}", "Weir:Keys:Hash=true",
                    "Weir:Keys:Secret=geheim-0123456789abcdef0123456789abcdef");

        Assert.Contains("store     Redis at 127.0.0.1:1, which does not answer yet", server.Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", server.Output, StringComparison.Ordinal);
    }

    private static void AssertIsKept(string setting, string secret, IReadOnlyList<string> faults) =>
        Assert.All(faults, fault =>
            Assert.False(fault.Contains("geheim", StringComparison.Ordinal), $"{setting}={secret}: {fault}"));
}
