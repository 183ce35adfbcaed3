using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Primitives;
using Weir.Server;

namespace Weir.Benchmarks;

/// <summary>What finding out who is asking costs a request: among 10,000 keys, and where nobody need have one.</summary>
internal static class AccessProbe
{
    private const int Asked = 1_000_000;

    public static void Run()
    {
        string[] secrets = [.. Enumerable.Range(0, ApiKey.MaxKeys).Select(_ => KeySecret.New())];
        var ring = new KeyRing(secrets.Select((secret, i) => KeyOf(secret, i)));
        StringValues[] right = [.. secrets.Select(secret => (StringValues)$"Bearer {secret}")];
        StringValues wrong = $"Bearer {KeySecret.New()}";
        Measure("a right key is found", i => ring.Find(right[i % right.Length], TimeProvider.System) is not null);
        Measure("a wrong key is found out", _ => ring.Find(wrong, TimeProvider.System) is null);

        var keys = new ApiKeys([KeyOf(secrets[0], 0)], TimeProvider.System);
        using var failures = new FailedLogins(TimeProvider.System, NullLogger<FailedLogins>.Instance);
        var open = GateOf(new AccessRule(AnonymousMayTake: true, HasAdmin: false), keys, failures);
        var closed = GateOf(new AccessRule(AnonymousMayTake: false, HasAdmin: false), keys, failures);
        var nobody = RequestOf(default);
        var somebody = RequestOf(right[0]);
        Measure("the whole gate, open, no key", _ => open.InvokeAsync(nobody).IsCompletedSuccessfully);
        Measure("the whole gate, closed, a right key", _ => closed.InvokeAsync(somebody).IsCompletedSuccessfully && Caller.TenantOf(somebody) == "acme");
    }

    private static Gate GateOf(AccessRule rule, ApiKeys keys, FailedLogins failures) =>
        new(_ => Task.CompletedTask, rule, HostRule.Of(rule, [], null), keys, failures, new GrpcGate(rule, keys, failures));

    private static ApiKey KeyOf(string secret, int i) => new($"k_{i}", null, KeyScope.Take, "acme", null, null, KeySecret.HashOf(secret));

    private static DefaultHttpContext RequestOf(StringValues authorization)
    {
        var http = new DefaultHttpContext();
        http.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(Access.ToTake), null));
        if (authorization.Count > 0)
            http.Request.Headers.Authorization = authorization;
        return http;
    }

    private static void Measure(string what, Func<int, bool> ask)
    {
        double best = double.MaxValue, bytes = 0;
        for (int round = 0; round < 7; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread(), began = Stopwatch.GetTimestamp();
            int good = 0;
            for (int i = 0; i < Asked; i++)
                good += ask(i) ? 1 : 0;
            best = Math.Min(best, Stopwatch.GetElapsedTime(began).TotalNanoseconds / Asked);
            bytes = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / Asked;
            if (good != Asked)
                throw new InvalidOperationException($"{what}: {good} of {Asked}");
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {best:0} ns, {bytes:0.###} bytes"));
    }
}
