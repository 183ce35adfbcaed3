using Weir.Testing;

namespace Weir.Redis.Tests.Faults;

/// <summary>Something that goes wrong with a Redis, and how it is mended.</summary>
internal sealed record RedisFault(Func<RedisServer, Task> Break, Func<RedisServer, Task> Mend, params string[] Arguments)
{
    /// <summary>Nothing listens there, on a machine that does.</summary>
    private const string NoPort = "1";

    public static readonly IReadOnlyDictionary<string, RedisFault> All = new Dictionary<string, RedisFault>
    {
        ["killed, and started again empty"] = new(Now(server => server.Kill()), server => server.RestartAsync()),
        ["stopped where it stands"] = new(Now(server => server.Pause()), Now(server => server.Resume())),
        // Scripts may write, so they wait; to end the pause may not wait.
        ["its clients paused"] = new(Say("CLIENT", "PAUSE", "600000", "WRITE"), Say("CLIENT", "UNPAUSE")),
        ["out of memory, with noeviction"] = new(Say("CONFIG", "SET", "maxmemory", "1"), Say("CONFIG", "SET", "maxmemory", "0")),
        ["a read-only replica"] = new(Say("REPLICAOF", "127.0.0.1", NoPort), Say("REPLICAOF", "NO", "ONE")),
        ["without the replicas that it is to have"] = new(Say("CONFIG", "SET", "min-replicas-to-write", "1"), Say("CONFIG", "SET", "min-replicas-to-write", "0")),
        ["started again with another password"] = new(
            server => server.RestartAsync("--requirepass", "another"),
            server => server.RestartAsync(),
            "--requirepass", "secret"),
    };

    private static Func<RedisServer, Task> Now(Action<RedisServer> act) => server =>
    {
        act(server);
        return Task.CompletedTask;
    };

    private static Func<RedisServer, Task> Say(params string[] words) => server => server.CommandAsync(words);
}
