using Weir.Server.Tests.Harness;

namespace Weir.Server.Tests.Configuration;

/// <summary>
/// Arguments that mean nothing would silently do nothing, so they are refused with the setting to use.
/// </summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("--port 8080", "Unknown argument --port. Did you mean --urls=http://localhost:8080?")]
    [InlineData("--port=geheim", "Unknown argument --port. Did you mean --urls=http://localhost:8080?")]
    [InlineData("-p 9", "Unknown argument -p. Did you mean --urls=http://localhost:9?")]
    [InlineData("--redis geheim:6379", "Unknown argument --redis. Did you mean --Weir:Redis:Endpoints=HOST:PORT?")]
    [InlineData("--redis=redis://me:geheim@host",
        "Unknown argument --redis. Did you mean --Weir:Redis:Endpoints=HOST:PORT?")]
    [InlineData("--config geheim", "Unknown argument --config. Did you mean --Weir:PolicyFile=FILE?")]
    [InlineData("--admin-key geheim", "Unknown argument --admin-key. Did you mean --Weir:Auth:AdminKeyFile=FILE?")]
    [InlineData("-v", "Unknown argument -v. Did you mean --Logging:LogLevel:Default=Debug?")]
    [InlineData("--url http://x", "Unknown argument --url. Did you mean --urls=http://localhost:8080?")]
    [InlineData("--PolicyFile x", "Unknown argument --PolicyFile. Did you mean --Weir:PolicyFile=VALUE?")]
    [InlineData("--Redis:Endpoints geheim",
        "Unknown argument --Redis:Endpoints. Did you mean --Weir:Redis:Endpoints=VALUE?")]
    [InlineData("--Wier:Redis:Endpoints=geheim",
        "Unknown argument --Wier:Redis:Endpoints. Did you mean --Weir:Redis:Endpoints=VALUE?")]
    [InlineData("-Weir:Redis:Endpoints=geheim",
        "Unknown argument -Weir:Redis:Endpoints. Did you mean --Weir:Redis:Endpoints?")]
    [InlineData("--halp", "Unknown argument --halp. Did you mean --help?")]
    [InlineData("--nonsense geheim", "Unknown argument --nonsense; --help lists all settings")]
    [InlineData("geheim", "Argument 1 is not a setting; use --NAME=VALUE, such as --urls=http://localhost:8080")]
    [InlineData("Weir:Auth:AdminKey=geheim",
        "Argument 1 is not a setting; use --NAME=VALUE, such as --urls=http://localhost:8080")]
    [InlineData("--redis://me:geheim@host",
        "Argument 1 is not a setting; use --NAME=VALUE, such as --urls=http://localhost:8080")]
    [InlineData("--", "Argument 1 is not a setting; use --NAME=VALUE, such as --urls=http://localhost:8080")]
    [InlineData("--Weir:Headers=off --Weir:Auth:AdminKey:geheim",
        "Argument 2 has no value; use --NAME=VALUE, such as --urls=http://localhost:8080")]
    [InlineData("--Weir:Top:Enabled --Weir:Headers=off",
        "Argument 1 has no value; use --NAME=VALUE, such as --urls=http://localhost:8080")]
    public void An_argument_that_means_nothing_is_told_with_the_setting_to_use(string line, string fault)
    {
        var command = CommandLine.Read(line.Split(' '));
        Assert.Equal(CommandVerb.Serve, command.Verb);
        Assert.Equal([fault], command.Faults);
        Assert.DoesNotContain("geheim", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--urls http://localhost:1")]
    [InlineData("--URLS=http://localhost:1;http://localhost:2")]
    [InlineData("--Weir:Redis:Database -1")]
    [InlineData("--Weir:Redis:Endpoints= --Weir:Redis:Endpoints=a:1")]
    [InlineData(
        "--Logging:LogLevel:Default=Debug --Kestrel:Endpoints:a:Url=http://localhost:1 --environment Development "
            + "--contentRoot /tmp --OTEL_METRIC_EXPORT_INTERVAL=1")]
    public void Settings_are_let_through(string line)
    {
        string[] args = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var command = CommandLine.Read(args);
        Assert.Equal(CommandVerb.Serve, command.Verb);
        Assert.Empty(command.Faults);
        Assert.Equal(args, command.Settings);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("-h")]
    [InlineData("--port 8080 --help")]
    public void Help_is_printed_whatever_else_is_given(string line) =>
        Assert.Equal(CommandVerb.Help, CommandLine.Read(line.Split(' ')).Verb);

    [Fact]
    public void The_health_check_takes_settings_too()
    {
        var command = CommandLine.Read(["--health", "--urls=http://localhost:1"]);
        Assert.Equal(CommandVerb.Health, command.Verb);
        Assert.Equal(["--urls=http://localhost:1"], command.Settings);
    }

    [Fact]
    public async Task The_program_prints_help_and_version_and_refuses_what_it_does_not_know()
    {
        Assert.Equal((0, HelpText.Write(), ""), await ServerProcess.RunAsync("--help"));
        Assert.Equal((0, $"Weir {ProductVersion.Text}{Environment.NewLine}", ""),
            await ServerProcess.RunAsync("--version"));
        var (code, output, errors) = await ServerProcess.RunAsync("--port", "8080", "--urls=nonsense");
        Assert.Equal((1, "",
            "Weir cannot start: Unknown argument --port. Did you mean --urls=http://localhost:8080?\n"),
                (code, output, errors.ReplaceLineEndings("\n")));
    }

    [Fact]
    public async Task A_hosters_port_is_listened_on_on_every_address()
    {
        int port = Weir.Testing.FreePort.Next();
        using var server = await ServerProcess.StartInAsync(environment: [("PORT", $"{port}")],
            args: ["--Weir:Auth:AllowAnonymous=true", "--Weir:Memory:MaxKeys=64"]);

        Assert.Contains($"Weir decides on http://[::]:{port}", server.Output, StringComparison.Ordinal);
        Assert.Equal((0, "", ""), await ServerProcess.RunAsync(["--health"], ("PORT", $"{port}")));
    }
}
