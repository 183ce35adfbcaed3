namespace Weir.Testing;

/// <summary>
/// The rule by which tests get their Redis: a real server if one is installed. Without one, tests that only need something that
/// speaks Redis get Garnet, and tests that need a process to hurt are skipped and say so. On a build machine (<c>CI=true</c>) a missing
/// server is a failure, so that nobody mistakes a thinner run for a full one.
/// </summary>
public static class TestRedis
{
    private static readonly bool OnBuildMachine =
        string.Equals(Environment.GetEnvironmentVariable("CI"), "true", StringComparison.OrdinalIgnoreCase);

    /// <summary>A working, empty Redis of the test's own; real where possible, else Garnet.</summary>
    public static async Task<ITestRedis> StartAsync()
    {
        if (RedisServer.IsAvailable)
            return await RedisServer.StartAsync();
        FailOnBuildMachine();
        return await GarnetServer.StartAsync();
    }

    /// <summary>
    /// A real Redis process that can be killed, paused and started with <paramref name="arguments"/>; where there is none, the calling
    /// test is skipped.
    /// </summary>
    public static Task<RedisServer> StartProcessAsync(params string[] arguments)
    {
        DemandProcess();
        return RedisServer.StartAsync(arguments);
    }

    /// <summary>As <see cref="StartProcessAsync"/>, of a server that speaks nothing but TLS.</summary>
    public static Task<RedisServer> StartTlsAsync(TestCertificates tls, params string[] arguments)
    {
        DemandProcess();
        return RedisServer.StartTlsAsync(tls, arguments);
    }

    /// <summary>The process behind a Redis that <see cref="StartAsync"/> started; where it is Garnet, the calling test is skipped.</summary>
    public static RedisServer ProcessOf(ITestRedis redis)
    {
        DemandProcess();
        return (RedisServer)redis;
    }

    private static void DemandProcess()
    {
        if (RedisServer.IsAvailable)
            return;
        FailOnBuildMachine();
        throw new SkippedException("This test kills, pauses or configures a real Redis: put redis-server or valkey-server on the PATH.");
    }

    private static void FailOnBuildMachine()
    {
        if (OnBuildMachine)
            throw new InvalidOperationException("CI=true, and there is no redis-server or valkey-server on the PATH: install one.");
    }
}
