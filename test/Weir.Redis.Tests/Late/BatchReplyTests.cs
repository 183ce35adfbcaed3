using System.Runtime.InteropServices;
using Microsoft.Extensions.Time.Testing;
using Weir.Simulation;
using Weir.Testing;

namespace Weir.Redis.Tests.Late;

/// <summary>What replies to a batch do to its decisions, over a wire whose replies the test writes.</summary>
public sealed class BatchReplyTests : IDisposable
{
    private const long Second = 1_000_000;

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly ScriptedWire _wire = new();
    private readonly RedisClock _clock;
    private Batcher? _batcher;

    public BatchReplyTests() => _clock = new RedisClock(_time);

    private List<double[]> Sent => _wire.Sent;

    private long WallUs => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    public void Dispose() => _batcher?.Dispose();

    /// <summary>One limit's reply: code, time, outcome, spent, stamp.</summary>
    private void Reply(int code, Func<long> redisUs) => _wire.Replies.Enqueue(() => [code, redisUs(), 0, 1, redisUs() + Second]);

    private async Task<BucketResult> AskAsync(BucketCommand command)
    {
        var take = PendingCommand.Of(command, trip: null);
        take.Arguments.Add("key"u8);
        take.WriteNumbers(_clock.NowUs, horizonUs: 0, answerBytes: 0);
        Assert.True(_batcher!.TryAsk(take, out _));
        await take.Arrival;
        return take.Take();
    }

    private static BucketCommand Windowed() => new(
        new Plan("p", [new Limit("l", Array.Empty<string>(), Some.WindowOf(10, WindowUnit.Second))], OnOutage.Local).Resolve(new RequestFacts("t", "k")), BucketOperation.Take);

    [Fact]
    public async Task L6_windows_are_named_by_the_right_time_after_one_correction_under_the_same_deadline()
    {
        _batcher = new Batcher(_wire, TimeSpan.FromSeconds(1), _time, new InlinePump(), new BatchListener { Replied = Learn });
        // Redis is an hour ahead, and says so.
        Reply(code: 2, () => WallUs + (3_600 * Second));
        Reply(code: 0, () => WallUs + (3_600 * Second));
        Assert.Equal(StoreFault.None, (await AskAsync(Windowed())).Fault);
        Reply(code: 0, () => WallUs + (3_600 * Second));
        Assert.Equal(StoreFault.None, (await AskAsync(Windowed())).Fault);

        Assert.Equal([WallUs, WallUs + (3_600 * Second), WallUs + (3_600 * Second)], Sent.Select(StartOf));
    }

    [Fact]
    public async Task A_clock_that_is_never_right_is_a_fault_and_no_loop()
    {
        _batcher = new Batcher(_wire, TimeSpan.FromSeconds(1), _time, new InlinePump(), new BatchListener { Replied = Learn });
        Reply(code: 2, () => WallUs + (3_600 * Second));
        Reply(code: 2, () => WallUs + (7_200 * Second));

        Assert.Equal(StoreFault.Slow, (await AskAsync(Windowed())).Fault);
        Assert.Equal(2, Sent.Count);
    }

    [Fact]
    public async Task A_remembered_answer_says_nothing_about_the_time_of_now()
    {
        _batcher = new Batcher(_wire, TimeSpan.FromSeconds(1), _time, new InlinePump(), new BatchListener { Replied = Learn });
        Reply(code: 1, () => WallUs - (10 * Second));
        Assert.True((await AskAsync(Windowed())).IsRemembered);
        Reply(code: 0, () => WallUs);
        await AskAsync(Windowed());

        Assert.Equal(WallUs, StartOf(Sent[^1]));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task L6_an_error_while_one_reply_is_handled_keeps_no_other_caller_of_the_batch_waiting(int broken)
    {
        int replies = 0;
        _batcher = new Batcher(_wire, TimeSpan.FromSeconds(1), _time, new InlinePump(), new BatchListener
        {
            Replied = (PendingCommand _, in BucketResult _, bool _) =>
            {
                if (++replies == broken)
                    throw new InvalidOperationException("a quota that throws");
            },
        });
        // The first call is under way while the batch gathers.
        var held = _wire.Held = new TaskCompletionSource<byte[]>();
        var first = AskAsync(Windowed());
        _wire.Held = null;
        _wire.Replies.Enqueue(() => [.. Enumerable.Repeat<double[]>([0, WallUs, 0, 1, WallUs + Second], 5).SelectMany(line => line)]);
        var batch = Enumerable.Range(0, 5).Select(_ => AskAsync(Windowed())).ToArray();
        replies = -1;
        held.SetResult(MemoryMarshal.AsBytes(new double[] { 0, WallUs, 0, 1, WallUs + Second }.AsSpan()).ToArray());

        Assert.Equal(StoreFault.None, (await first).Fault);
        Assert.All(await Task.WhenAll(batch), answer => Assert.Equal(StoreFault.None, answer.Fault));
        Assert.Equal(2, Sent.Count);
    }

    private void Learn(PendingCommand _, in BucketResult result, bool isLate)
    {
        if (result.IsStale || result is { Fault: StoreFault.None, IsRemembered: false })
            _clock.Learn(result.NowUs);
    }

    /// <summary>The start of the window that a call names: a second begins where the test's clock stands.</summary>
    private static long StartOf(double[] numbers) => (long)numbers[5 + 6];

    private sealed class ScriptedWire : IScriptWire
    {
        public List<double[]> Sent { get; } = [];

        public Queue<Func<double[]>> Replies { get; } = new();

        /// <summary>When set, the reply to the next calls.</summary>
        public TaskCompletionSource<byte[]>? Held { get; set; }

        public bool IsConnected => true;

        public ScriptReply Send(ScriptCall call, bool withText, bool asking = false)
        {
            Sent.Add(MemoryMarshal.Cast<byte, double>(call[call.KeyCount].Span).ToArray());
            return ScriptReply.Of(Held?.Task ?? Task.FromResult(MemoryMarshal.AsBytes(Replies.Dequeue()().AsSpan()).ToArray()));
        }
    }
}
