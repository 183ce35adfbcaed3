using System.Globalization;
using Weir.Testing;

namespace Weir.Drill.Tests.Faults;

/// <summary>All that a drill can do to its servers.</summary>
internal static class Vocabulary
{
    public static Fault KillRedis(TimeSpan lasts) =>
        new("Redis is killed, and started again empty", lasts, servers => Now(servers.Redis.Kill), servers => servers.Redis.RestartAsync()) { RedisForgets = true };

    public static Fault StopRedis(TimeSpan lasts) =>
        new("Redis is stopped in order, and started again empty", lasts, servers => ShutDownAsync(servers.Redis), servers => servers.Redis.RestartAsync()) { RedisForgets = true };

    public static Fault PauseRedis(TimeSpan lasts) =>
        new("Redis stands still (SIGSTOP, SIGCONT)", lasts, servers => Now(servers.Redis.Pause), servers => Now(servers.Redis.Resume));

    /// <remarks>A paused Redis does not hear that it is to go on, so the pause ends by itself: later than the fault does, which then waits until somebody is answered.</remarks>
    public static Fault HoldClients(TimeSpan lasts) =>
        new(
            "Redis holds its clients (CLIENT PAUSE)",
            lasts,
            servers => servers.Redis.CommandAsync("CLIENT", "PAUSE", ((long)lasts.TotalMilliseconds + 200).ToString(CultureInfo.InvariantCulture), "ALL"),
            servers => servers.Redis.CommandAsync("PING"));

    public static Fault CutOff(int instance, TimeSpan lasts) =>
        new($"instance {instance} is cut off from Redis", lasts, servers => Now(servers.Instances[instance].Network.Cut), servers => Now(servers.Instances[instance].Network.Heal))
        {
            Reach = Reach.One,
            Instance = instance,
        };

    public static Fault LosePackets(int instance, TimeSpan lasts) =>
        new($"nothing comes through between instance {instance} and Redis", lasts, servers => Now(servers.Instances[instance].Network.Stall), servers => Now(servers.Instances[instance].Network.Heal))
        {
            Reach = Reach.One,
            Instance = instance,
        };

    /// <summary>A network slower than any decision may be.</summary>
    public static Fault SlowNetwork(int instance, TimeSpan lasts) =>
        new(
            $"the network between instance {instance} and Redis is slow",
            lasts,
            servers => Now(() => servers.Instances[instance].Network.Delay(TimeSpan.FromMilliseconds(40))),
            servers => Now(servers.Instances[instance].Network.Heal))
        {
            Reach = Reach.One,
            Instance = instance,
        };

    public static Fault PauseInstance(int instance, TimeSpan lasts) =>
        new($"instance {instance} stands still (SIGSTOP, SIGCONT)", lasts, servers => Now(servers.Instances[instance].Pause), servers => Now(servers.Instances[instance].Resume))
        {
            Reach = Reach.One,
            Instance = instance,
            TakesInstanceDown = true,
        };

    public static Fault KillInstance(int instance, TimeSpan lasts) =>
        new($"instance {instance} is killed, and started again", lasts, servers => Now(servers.Instances[instance].Kill), servers => servers.Instances[instance].RestartAsync())
        {
            Reach = Reach.Nobody,
            Instance = instance,
            TakesInstanceDown = true,
            LosesRequests = true,
        };

    private static async Task ShutDownAsync(RedisServer redis)
    {
        try
        {
            await redis.CommandAsync("SHUTDOWN", "NOSAVE");
        }
        catch (IOException)
        {
            // It hangs up instead of answering.
        }
    }

    private static Task Now(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
