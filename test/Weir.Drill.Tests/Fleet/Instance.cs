using System.Text.Json;
using Weir.Drill.Tests.Load;
using Weir.Drill.Tests.Network;
using Weir.Testing;

namespace Weir.Drill.Tests.Fleet;

/// <summary>One of several servers, as a process of its own on a port of its own, behind a network of its own to Redis.</summary>
internal sealed class Instance : IAsyncDisposable
{
    /// <summary>Longer than any fault lasts: who waits so long waits for nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string _policies;
    private ServerLife _life;

    private Instance(int number, Proxy network, string policies, ServerLife life)
    {
        Number = number;
        Network = network;
        _policies = policies;
        _life = life;
    }

    /// <summary>From 0.</summary>
    public int Number { get; }

    /// <summary>Its way to Redis.</summary>
    public Proxy Network { get; }

    /// <summary>False from before it is killed until it is there again.</summary>
    public bool IsUp { get; private set; } = true;

    /// <summary>What it has written to the console in this life.</summary>
    public string Output => _life.Process.Output;

    public static async Task<Instance> StartAsync(int number, int redisPort, string policies)
    {
        var network = Proxy.To(redisPort);
        try
        {
            return new Instance(number, network, policies, await ServerLife.BeginAsync(FreePort.Next, network.Endpoint, policies));
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it where it stands (SIGSTOP).</summary>
    public void Pause() => _life.Process.Pause();

    /// <summary>Lets it go on (SIGCONT).</summary>
    public void Resume() => _life.Process.Resume();

    /// <summary>Kills it (SIGKILL).</summary>
    public void Kill()
    {
        IsUp = false;
        _life.Process.Dispose();
    }

    /// <summary>Starts a killed one again on the same port, and returns when it is ready.</summary>
    public async Task RestartAsync()
    {
        int port = _life.Port;
        _life.Dispose();
        _life = await ServerLife.BeginAsync(() => port, Network.Endpoint, _policies);
        IsUp = true;
    }

    /// <summary>Whether it decides by memory; null when it does not say.</summary>
    public async Task<bool?> IsDegradedAsync()
    {
        var (status, body, _) = await _life.SendAsync(HttpMethod.Get, "/readyz", null, Patience);
        if (status != 200)
            return null;
        using var json = JsonDocument.Parse(body);
        return json.RootElement.GetProperty("degraded").GetBoolean();
    }

    public async Task<TakeAnswer> TakeAsync(string body)
    {
        var (status, answer, error) = await _life.SendAsync(HttpMethod.Post, "/v1/take", body, Patience);
        return error is null ? TakeAnswer.Read(status, answer) : TakeAnswer.None(error);
    }

    /// <summary>What is left of each limit of a key, by Redis' word; empty when that was not to be had.</summary>
    public async Task<IReadOnlyList<(string Limit, long Remaining)>> ReadAsync(Demand demand)
    {
        var (status, answer, _) = await _life.SendAsync(HttpMethod.Post, "/v1/check", demand.BodyOf(0), Patience);
        if (status != 200 || !TakeAnswer.Read(status, answer).IsOfRedis)
            return [];
        using var json = JsonDocument.Parse(answer);
        return [.. json.RootElement.GetProperty("limits").EnumerateArray().Select(limit => (limit.GetProperty("name").GetString()!, limit.GetProperty("remaining").GetInt64()))];
    }

    public async ValueTask DisposeAsync()
    {
        IsUp = false;
        _life.Dispose();
        await Network.DisposeAsync();
    }
}
