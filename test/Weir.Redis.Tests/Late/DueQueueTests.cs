using Microsoft.Extensions.Time.Testing;
using Weir.Testing;

namespace Weir.Redis.Tests.Late;

/// <summary>Which decisions are given up, and when.</summary>
public sealed class DueQueueTests : IDisposable
{
    private static readonly TimeSpan Deadline = TimeSpan.FromMilliseconds(16);
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(100);

    private readonly FakeTimeProvider _time = Some.Clock();
    private readonly ReplyWait _wait = new();
    private readonly List<PendingCommand> _late = [];
    private readonly List<PendingCommand> _starved = [];
    private readonly DueQueue _queue;

    public DueQueueTests() => _queue = new DueQueue(Deadline, Grace, _time, static () => { });

    private long Now => _time.GetTimestamp();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void L6_a_decision_that_waits_behind_others_whom_Redis_answers_is_not_given_up()
    {
        Ask();
        for (int i = 0; i < 8; i++)
        {
            _wait.Begin(Now);
            Pass(3);
            _wait.End(Now);
            GiveUp();
        }

        Assert.Empty(_late);
        Assert.Empty(_starved);
    }

    [Fact]
    public void L6_a_decision_whose_batch_Redis_leaves_unanswered_is_given_up_a_quarter_of_the_deadline_later_at_most()
    {
        Ask();
        _wait.Begin(Now);
        Pass(15);
        _wait.End(Now);
        _wait.Begin(Now);
        Pass(3);
        GiveUp();
        Assert.Empty(_late);
        Pass(1);
        GiveUp();
        Assert.Single(_late);
    }

    [Fact]
    public void L6_a_decision_that_a_silent_Redis_leaves_unanswered_is_given_up_at_its_deadline()
    {
        _wait.Begin(Now);
        Pass(4);
        Ask();
        Pass(16);
        GiveUp();
        Assert.Single(_late);
    }

    [Fact]
    public void L6_a_decision_whose_reply_has_arrived_is_given_up_after_the_grace()
    {
        Ask();
        _wait.Begin(Now);
        Pass(115);
        GiveUp(hasArrived: true);
        Assert.Empty(_starved);
        Pass(1);
        GiveUp(hasArrived: true);
        Assert.Empty(_late);
        Assert.Single(_starved);
    }

    private void Ask()
    {
        var take = PendingCommand.Of(new BucketCommand(Some.Request(), BucketOperation.Take), trip: null);
        take.WaitedBefore = _wait.At(Now);
        _queue.Add(take, Now);
    }

    private void Pass(int milliseconds) => _time.Advance(TimeSpan.FromMilliseconds(milliseconds));

    private void GiveUp(bool hasArrived = false) => _queue.TakeDue(Now, _wait, hasArrived, all: false, _late, _starved);
}
