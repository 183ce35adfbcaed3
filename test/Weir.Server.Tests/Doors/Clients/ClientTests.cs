using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Weir.Server.Tests.Harness;
using Weir.Testing;

namespace Weir.Server.Tests.Doors.Clients;

/// <summary>The clients of docs/clients.md take, are refused, and fail open or closed, in each language.</summary>
public sealed class ClientTests
{
    private const string Key = "Jürgen \"j\\b\"";

    private const string Policies =
        "defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 10/h, burst: 1x } } } }\n";

    /// <summary>A deadline that no machine is too busy for.</summary>
    private static readonly (string Name, string Value) Patient = ("WEIR_DEADLINE_MS", "60000");

    [Theory]
    [InlineData("typescript")]
    [InlineData("python")]
    [InlineData("go")]
    [InlineData("java")]
    public async Task A_client_takes_and_is_told_when_to_come_back(string language)
    {
        using var client = await ClientProgram.BuildAsync(language);
        using var policies = new PolicyFile(Policies);
        await using var weir = await RunningServer.StartAsync([policies.Setting, .. KeyCalls.Closed]);
        var (_, secret) = await weir.Http.CreateKeyAsync();
        (string, string)[] settings = [Patient, ("WEIR_URL", UrlOf(weir.Address)), ("WEIR_API_KEY", secret)];

        Assert.Equal("allowed", await client.TakeAsync(Key, settings));
        string json = JsonSerializer.Serialize(new { key = Key, cost = 9 });
        Assert.Equal(200, (await weir.Http.CallAsync(secret, HttpMethod.Post, "/v1/take", json)).Status);
        Assert.Matches("^refused: retry after 3[0-9]{2} s$", await client.TakeAsync(Key, settings));
        string unauthorized = await client.TakeAsync(Key, [.. settings, ("WEIR_API_KEY", "wrong")]);
        Assert.Contains("401", unauthorized, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("typescript")]
    [InlineData("python")]
    [InlineData("go")]
    [InlineData("java")]
    public async Task A_client_fails_open_or_closed_when_Weir_is_away(string language)
    {
        using var client = await ClientProgram.BuildAsync(language);
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var failing = await AppServer.StartAsync(503);
        (string Url, (string, string) Deadline)[] places =
        [
            ($"http://127.0.0.1:{FreePort.Next()}", Patient),
            (UrlOf(failing.Address), Patient),
            ($"http://{silent.LocalEndpoint}", ("WEIR_DEADLINE_MS", "200")),
        ];

        foreach (var (url, deadline) in places)
        {
            var server = ("WEIR_URL", url);
            Assert.Equal("allowed: Weir is away", await client.TakeAsync(Key, deadline, server));
            string closed = await client.TakeAsync(Key, deadline, server, ("WEIR_FAIL", "closed"));
            Assert.Equal("refused: Weir is away", closed);
        }
    }

    private static string UrlOf(Uri address) => address.ToString().TrimEnd('/');
}
