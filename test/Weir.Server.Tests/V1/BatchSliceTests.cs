using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Weir.Server.Tests.V1;

/// <summary>A batch is decided in slices, over a store whose answers the test holds back.</summary>
public sealed class BatchSliceTests : IBucketStore, IDisposable
{
    private const int SliceSize = 64;

    private readonly MemoryStore _buckets = new(new MemoryStoreOptions { MaxKeys = 4_096 }, TimeProvider.System);
    private readonly SemaphoreSlim _asked = new(0);
    private readonly SemaphoreSlim _answers = new(0);
    private readonly DecisionMetrics _metrics = new();
    private readonly DecisionLog _log = new(new WeirOptions(), new ShownKeys(), TimeProvider.System, NullLogger<DecisionLog>.Instance);
    private readonly BatchTurns _turns = new();
    private readonly BatchEndpoint _batch;
    private int _underWay;
    private int _most;

    public BatchSliceTests()
    {
        var policies = PolicyDocument.Parse("defaultPlan: a\nplans: { a: { limits: { per-key: { rate: 100/h, burst: 1x } } } }\n", "test");
        var telemetry = new DecisionTelemetry(_metrics, _log);
        var decisions = new Decider(new RateLimiter(policies, this, TimeProvider.System), telemetry, TimeProvider.System);
        _batch = new BatchEndpoint(decisions, _turns);
    }

    public DecisionSource Source => DecisionSource.Memory;

    public void Dispose()
    {
        _metrics.Dispose();
        _log.Dispose();
        _turns.Dispose();
        _asked.Dispose();
        _answers.Dispose();
    }

    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        result = default;
        return PendingResult.Of(command, ExecuteAsync(command));
    }

    private async ValueTask<BucketResult> ExecuteAsync(BucketCommand command)
    {
        int underWay = Interlocked.Increment(ref _underWay);
        lock (_asked)
            _most = Math.Max(_most, underWay);
        var answer = await _buckets.AskAsync(command);
        _asked.Release();
        await _answers.WaitAsync();
        Interlocked.Decrement(ref _underWay);
        return answer;
    }

    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        throw new NotSupportedException();

    private async Task<List<long>> DecideAsync(int requests)
    {
        var http = new DefaultHttpContext();
        http.Request.ContentType = "application/json";
        http.Request.Body = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new { requests = Enumerable.Range(0, requests).Select(_ => new { key = "k" }) }));
        var body = new MemoryStream();
        http.Response.Body = body;
        await _batch.Decide(http);
        await http.Response.BodyWriter.FlushAsync();
        Assert.Equal((200, "application/json"), (http.Response.StatusCode, http.Response.ContentType));
        using var answer = JsonDocument.Parse(body.ToArray());
        return [.. answer.RootElement.GetProperty("decisions").EnumerateArray().Select(decision => decision.GetProperty("remaining").GetInt64())];
    }

    [Theory]
    [InlineData(1)]
    [InlineData(SliceSize - 1)]
    [InlineData(SliceSize)]
    [InlineData(SliceSize + 1)]
    [InlineData(1_000)]
    public async Task L10_no_more_than_a_slice_is_under_way_and_the_answers_are_in_order(int requests)
    {
        var deciding = DecideAsync(requests);
        for (int left = requests; left > 0; left -= SliceSize)
        {
            int slice = Math.Min(SliceSize, left);
            for (int i = 0; i < slice; i++)
                Assert.True(await _asked.WaitAsync(TimeSpan.FromSeconds(30)));
            // All of a slice waits, and nothing of the next one has been asked.
            Assert.Equal((slice, 0), (Volatile.Read(ref _underWay), _asked.CurrentCount));
            _answers.Release(slice);
        }

        Assert.Equal(Enumerable.Range(1, requests).Select(i => Math.Max(0L, 100 - i)), await deciding);
        Assert.Equal(Math.Min(requests, SliceSize), _most);
    }

    [Fact]
    public async Task L9_a_batch_whose_answers_do_not_come_takes_no_turn_from_another()
    {
        var stuck = Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => DecideAsync(SliceSize)).ToList();
        for (int i = 0; i < stuck.Count * SliceSize; i++)
            Assert.True(await _asked.WaitAsync(TimeSpan.FromSeconds(30)));
        var another = DecideAsync(3);
        for (int i = 0; i < 3; i++)
            Assert.True(await _asked.WaitAsync(TimeSpan.FromSeconds(30)));
        _answers.Release((stuck.Count * SliceSize) + 3);
        Assert.Equal(3, (await another).Count);
        Assert.All(await Task.WhenAll(stuck), decisions => Assert.Equal(SliceSize, decisions.Count));
    }

    [Fact]
    public async Task Turns_are_had_by_half_of_the_cores_in_the_order_in_which_they_are_asked_for()
    {
        using var turns = new BatchTurns();
        int most = Math.Max(1, Environment.ProcessorCount / 2);
        var had = new Queue<BatchTurns.Turn>();
        for (int i = 0; i < most; i++)
            had.Enqueue(await turns.TakeAsync());
        var order = new List<int>();
        var waiting = Enumerable.Range(0, 5).Select(async i =>
        {
            using (await turns.TakeAsync())
            {
                lock (order)
                    order.Add(i);
            }
        }).ToArray();
        await Task.Delay(20);
        Assert.Empty(order);
        had.Dequeue().Dispose();
        await Task.WhenAll(waiting);
        Assert.Equal([0, 1, 2, 3, 4], order);
        while (had.TryDequeue(out var turn))
            turn.Dispose();
    }
}
