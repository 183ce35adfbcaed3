using System.Buffers;
using System.IO.Pipelines;

namespace Weir.Server;

// Replies of a connection, in the order of its commands. A reply goes directly to the output, or waits in a buffer
// while an earlier decision is pending.
internal sealed class RespReplies(PipeWriter output, Decider decider)
{
    private readonly List<Waiting> _waiting = [];
    private ArrayBufferWriter<byte>? _behind;
    private int _begun;
    private DecisionTurn _turn;

    private readonly record struct Waiting(
        PendingResult? Pending, Task<Decision?>? Refund, RespForm Form, bool Spend, bool IsResp3, int Before);

    public IBufferWriter<byte> Output => _waiting.Count == 0 ? output : _behind!;

    public bool IsWaiting => _waiting.Count > 0;

    /// <summary>True if the number of begun commands or the bytes of unsent replies reach their bound.</summary>
    public bool IsFull =>
        _begun >= RespBounds.MaxTogether || Unsent >= RespBounds.MaxUnsentBytes;

    public long Unsent => output.UnflushedBytes + (_behind?.WrittenCount ?? 0);

    /// <summary>Current turn: the decisions begun since all replies were complete.</summary>
    public ref DecisionTurn Turn => ref _turn;

    /// <summary>Counts a command. The first command begins a turn.</summary>
    public void Begin()
    {
        if (_begun++ == 0)
            _turn = decider.BeginTurn();
    }

    public void Add(PendingResult pending, RespForm form, bool spend, bool isResp3) =>
        Add(new Waiting(pending, null, form, spend, isResp3, Behind));

    public void Add(Task<Decision?> refund, bool isResp3) =>
        Add(new Waiting(null, refund, RespForm.Weir, false, isResp3, Behind));

    /// <summary>Awaits the pending decisions and writes all replies in order.</summary>
    public async ValueTask EndAsync()
    {
        int copied = 0;
        for (int i = 0; i < _waiting.Count; i++)
        {
            var next = _waiting[i];
            copied = Copy(copied, next.Before);
            if (next.Pending is { } pending)
                await pending.Arrival;
            else
                await next.Refund!;
            Write(next);
        }

        if (_behind is not null)
        {
            Copy(copied, _behind.WrittenCount);
            _behind.ResetWrittenCount();
        }

        _waiting.Clear();
        _begun = 0;
    }

    /// <summary>Ends the turn. Call this only if no decision is pending.</summary>
    public void EndAtOnce() => _begun = 0;

    private int Behind => _behind?.WrittenCount ?? 0;

    private void Add(in Waiting waiting)
    {
        _behind ??= new ArrayBufferWriter<byte>();
        _waiting.Add(waiting);
    }

    private int Copy(int from, int to)
    {
        if (to > from)
            output.Write(_behind!.WrittenSpan[from..to]);
        return to;
    }

    private void Write(in Waiting next)
    {
        var writer = new RespWriter(output, next.IsResp3);
        var decision = next.Pending is { } pending
            ? decider.End(pending, next.Spend, _turn.Began, isByOwnPlan: next.Form == RespForm.Throttle)
            : next.Refund!.Result!.Value;
        RespDecision.Write(writer, next.Form, decision);
    }
}
