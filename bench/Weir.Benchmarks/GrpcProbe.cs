using System.Diagnostics;
using System.Globalization;
using Grpc.Core;
using Grpc.Net.Client;
using Weir.Server;
using Weir.Server.Envoy;
using Weir.Testing;

namespace Weir.Benchmarks;

/// <summary>
/// A decision over gRPC from memory beside an empty method on a plain host, each in a process of its own, in paired
/// rounds: calls per second, and processor time of the server per call.
/// </summary>
internal static class GrpcProbe
{
    private const int Keys = 10_000, Channels = 8, CallsOfChannel = 16, Rounds = 9, WarmUps = 3;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(4);

    private readonly record struct Figures(double Rate, double CpuUs);

    public static async Task RunAsync()
    {
        var requests = Enumerable.Range(0, Keys).Select(RequestOf).ToArray();
        int weirPort = FreePort.Next(), emptyPort = FreePort.Next();
        using var weir = Start("Weir.Server.dll", "--urls=http://127.0.0.1:0", $"--Weir:Grpc:Listen=127.0.0.1:{weirPort}");
        using var empty = Start("Weir.Benchmarks.dll", "--grpc-empty", $"{emptyPort}");
        var (rates, cpus, ours, theirs) = (new List<double>(), new List<double>(), new List<Figures>(), new List<Figures>());
        for (int round = 1 - WarmUps; round <= Rounds; round++)
        {
            // Each leads in turn, so that none always runs on a machine that has just been idle.
            Figures one, other;
            if (round % 2 == 0)
                (one, other) = (await MeasureAsync(weir, weirPort, requests), await MeasureAsync(empty, emptyPort, requests));
            else
                (other, one) = (await MeasureAsync(empty, emptyPort, requests), await MeasureAsync(weir, weirPort, requests));
            if (round <= 0)
                continue;
            ours.Add(one);
            theirs.Add(other);
            rates.Add(one.Rate / other.Rate);
            cpus.Add(other.CpuUs / one.CpuUs);
            Print($"round {round}: Weir {one.Rate:N0}/s, {one.CpuUs:0.0} us a call; empty {other.Rate:N0}/s, {other.CpuUs:0.0} us a call");
        }

        Print($"medians of {Rounds} pairs: Weir {Median(ours, f => f.Rate):N0}/s and {Median(ours, f => f.CpuUs):0.0} us a call, "
            + $"empty {Median(theirs, f => f.Rate):N0}/s and {Median(theirs, f => f.CpuUs):0.0} us");
        Print($"ratio of rates {Of(rates)}, of processor time {Of(cpus)}");
    }

    private static RateLimitRequest RequestOf(int key) => new()
    {
        Domain = "acme",
        Descriptors =
        {
            new RateLimitDescriptor
            {
                Entries = { new RateLimitDescriptor.Types.Entry { Key = "key", Value = $"user_{key}" } },
            },
        },
    };

    private static KeptProcess Start(string program, params string[] arguments) => KeptProcess.Start(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, program), .. arguments],
        // As in the server's own runtimeconfig.json.
        [("DOTNET_ThreadPool_UnfairSemaphoreSpinLimit", "0"), ("DOTNET_gcServer", "1")]);

    private static async Task<Figures> MeasureAsync(KeptProcess server, int port, RateLimitRequest[] requests)
    {
        var channels = Enumerable.Range(0, Channels).Select(_ => GrpcChannel.ForAddress($"http://127.0.0.1:{port}")).ToList();
        try
        {
            var once = new CallOptions().WithWaitForReady();
            foreach (var channel in channels)
                await AskAsync(channel.CreateCallInvoker(), requests[0], once);
            using var process = Process.GetProcessById(server.Id);
            var before = process.TotalProcessorTime;
            long began = Stopwatch.GetTimestamp();
            long[] calls = await Task.WhenAll(
                channels.SelectMany(channel => Enumerable.Repeat(channel.CreateCallInvoker(), CallsOfChannel))
                    .Select((invoker, seed) => CallAsync(invoker, requests, seed, began)));
            var took = Stopwatch.GetElapsedTime(began);
            process.Refresh();
            return new Figures(calls.Sum() / took.TotalSeconds, (process.TotalProcessorTime - before).TotalMicroseconds / calls.Sum());
        }
        finally
        {
            channels.ForEach(channel => channel.Dispose());
        }
    }

    private static async Task<long> CallAsync(CallInvoker invoker, RateLimitRequest[] requests, int seed, long began)
    {
        var random = new Random(seed);
        long calls = 0;
        for (; Stopwatch.GetElapsedTime(began) < Length; calls++)
            await AskAsync(invoker, requests[random.Next(requests.Length)], default);
        return calls;
    }

    private static async Task AskAsync(CallInvoker invoker, RateLimitRequest request, CallOptions options)
    {
        using var call = invoker.AsyncUnaryCall(RateLimitMethods.ShouldRateLimit, null, options, request);
        await call.ResponseAsync;
    }

    private static double Median<T>(IEnumerable<T> all, Func<T, double> of) => all.Select(of).Order().ElementAt(Rounds / 2);

    private static string Of(List<double> ratios) =>
        string.Create(CultureInfo.InvariantCulture, $"{Median(ratios, ratio => ratio):0.00} ({ratios.Min():0.00} to {ratios.Max():0.00})");

    private static void Print(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    private static void Print(string text) => Console.WriteLine(text);
}
