using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Start;

/// <summary><c>--health</c>, by which a container asks its own service.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task It_is_0_when_the_service_lives()
    {
        await using var server = await RunningServer.StartAsync();

        var (code, output, errors) = await ServerProcess.RunAsync("--health", $"--urls={server.Address}");

        Assert.Equal((0, "", ""), (code, output, errors));
    }

    [Fact]
    public async Task It_is_1_when_nothing_answers_and_says_where_it_asked()
    {
        int port = FreePort.Next();

        var (code, _, errors) = await ServerProcess.RunAsync("--health", $"--urls=http://+:{port}");

        Assert.Equal(1, code);
        Assert.StartsWith($"nothing answers on port {port}: ", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_is_1_when_something_else_answers()
    {
        await using var redis = await TestRedis.StartAsync();

        Assert.Equal(1, await HealthCheck.RunAsync([$"--urls=http://127.0.0.1:{redis.Port}"]));
    }
}
