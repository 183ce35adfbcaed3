using System.Diagnostics;
using System.Net.Sockets;
using Weir.Cli.Processes;

namespace Weir.Cli.Tests;

public sealed class OwnProcessesTests
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task A_killed_redis_comes_back_empty_on_the_same_port()
    {
        using var redis = await ChildRedis.StartAsync(RealRedis.Program(), TestContext.Current.CancellationToken);
        int port = redis.Port;

        redis.Kill();
        Assert.False(await ListensAsync(port));

        await redis.StartAgainAsync(TestContext.Current.CancellationToken);
        Assert.True(await ListensAsync(port));
        Assert.Equal(port, redis.Port);
    }

    [Fact]
    public async Task A_redis_that_was_let_go_is_gone()
    {
        int port;
        using (var redis = await ChildRedis.StartAsync(RealRedis.Program(), TestContext.Current.CancellationToken))
            port = redis.Port;

        Assert.False(await ListensAsync(port));
    }

    [Fact]
    public async Task A_program_that_ends_at_once_is_reported_with_its_last_lines()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Needs a shell.");
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            string program = Path.Combine(folder, "redis-server");
            await File.WriteAllTextAsync(program, "#!/bin/sh\necho no such luck >&2\nexit 3\n", TestContext.Current.CancellationToken);
            if (!OperatingSystem.IsWindows())
                File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

            var error = await Assert.ThrowsAsync<ChildException>(() => ChildRedis.StartAsync(program, TestContext.Current.CancellationToken));

            Assert.Contains("no such luck", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task A_child_does_not_outlive_a_parent_that_is_killed()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The line is held by a shell.");
        using var child = Process.Start("sleep", "300");
        var line = Lifeline.To(child.Id);

        // What the kernel does when the tool dies, however it dies: the last end of the pipe is closed.
        line.Pull();

        await child.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Deadline, TestContext.Current.CancellationToken);
        line.Dispose();
    }

    [Fact]
    public async Task A_line_that_is_cut_kills_nobody()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The line is held by a shell.");
        using var child = Process.Start("sleep", "300");
        try
        {
            Lifeline.To(child.Id).Dispose();

            Assert.False(child.HasExited);
        }
        finally
        {
            child.Kill();
            await child.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public void Redis_is_found_on_the_path_and_nowhere_else()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Assert.Null(ServerFiles.FindRedis(folder));
            Assert.Null(ServerFiles.FindRedis(null));
            string program = Path.Combine(folder, OperatingSystem.IsWindows() ? "valkey-server.exe" : "valkey-server");
            File.WriteAllText(program, "");

            Assert.Equal(program, ServerFiles.FindRedis("/nowhere" + Path.PathSeparator + folder));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> ListensAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
