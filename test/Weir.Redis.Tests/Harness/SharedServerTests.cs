using Weir.Testing;

namespace Weir.Redis.Tests.Harness;

/// <summary>A fixture that cannot start for want of a Redis skips its tests, and does not fail them.</summary>
public sealed class SharedServerTests
{
    private const string Reason = "there is no Redis";

    [Fact]
    public async Task Each_test_that_asks_for_a_server_that_is_not_to_be_had_is_skipped_with_the_reason()
    {
        await using var shared = new SharedServer<Server>(() => throw new SkippedException(Reason));

        await shared.StartAsync();

        for (int test = 0; test < 3; test++)
            Assert.Equal(Reason, WhySkipped(shared));
    }

    [Fact]
    public async Task Any_other_error_fails_the_fixture()
    {
        await using var shared = new SharedServer<Server>(() => Task.FromException<Server>(new TimeoutException()));

        await Assert.ThrowsAsync<TimeoutException>(async () => await shared.StartAsync());
        Assert.Throws<InvalidOperationException>(() => shared.Server);
    }

    [Fact]
    public async Task A_server_that_starts_is_everybodys_until_the_fixture_ends()
    {
        var server = new Server();
        var shared = new SharedServer<Server>(() => Task.FromResult(server));

        await shared.StartAsync();

        Assert.Same(server, shared.Server);
        Assert.Same(server, shared.Server);
        await shared.DisposeAsync();
        Assert.True(server.IsGone);
    }

    /// <summary>The runner's own way to expect an exception would skip this test, too.</summary>
    private static string? WhySkipped(SharedServer<Server> shared)
    {
        try
        {
            _ = shared.Server;
            return null;
        }
        catch (SkippedException skipped)
        {
            return skipped.Reason;
        }
    }

    private sealed class Server : IAsyncDisposable
    {
        public bool IsGone { get; private set; }

        public ValueTask DisposeAsync()
        {
            IsGone = true;
            return ValueTask.CompletedTask;
        }
    }
}
