using System.Buffers;
using System.IO.Pipelines;

namespace Weir.Server;

// Serves one connection: begins the complete commands of a read together, up to a bound, and sends their replies in
// order. Stops reading commands while the client does not read replies.
internal sealed class RespConnection(
    IDuplexPipe transport, RespSession session, RespServices services, Action onUse, Action abort)
{
    private readonly PipeReader _input = transport.Input;
    private readonly PipeWriter _output = transport.Output;
    private readonly RespStage _stage = new(services.Time);
    private volatile bool _isEnding;
    private volatile bool _mayLeave;

    public long Id => session.Id;

    /// <summary>Answers commands until the client or the server ends the connection.</summary>
    public async Task RunAsync()
    {
        int least = 1;
        bool hasPart = false;
        while (true)
        {
            if (!_input.TryRead(out var read))
            {
                if (_isEnding)
                    return;
                read = await _input.ReadAsync();
            }

            // Wait until the command may be complete, so that slowly arriving bytes are not parsed repeatedly.
            if (read.Buffer.Length < least && !read.IsCompleted && !_isEnding)
            {
                _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
                continue;
            }

            _stage.Decide();
            var (used, needed) = await AnswerAsync(read.Buffer);
            // Strangers do not keep a connection in use that others could get.
            if (used > 0 && services.Login.IsOpenTo(session))
                onUse();
            _mayLeave |= services.Draining.HasBegun && session.HasDecided;
            session.HasDecided = false;
            bool isSame = hasPart && used == 0;
            hasPart = used < read.Buffer.Length;
            _stage.Wait(hasPart, isSame);
            _input.AdvanceTo(read.Buffer.GetPosition(used), read.Buffer.End);
            least = needed;
            if (session.IsClosing || read.IsCompleted)
                return;
        }
    }

    /// <summary>Ends the connection after all received commands are answered.</summary>
    public void End()
    {
        _isEnding = true;
        _input.CancelPendingRead();
    }

    /// <summary>Begins to wait until the client has read the last replies.</summary>
    public void Finish() => _stage.Send();

    // Ends the connection if it is idle for too long, or quiet after a decision during a drain. Aborts it if it is
    // stuck.
    public void CheckTimeouts()
    {
        if (_stage.IsIdleTooLong || (_mayLeave && _stage.IsQuiet))
            End();
        else if (_stage.IsStuck)
            abort();
    }

    private async ValueTask<(long Used, int Needed)> AnswerAsync(ReadOnlySequence<byte> buffer)
    {
        long used = 0;
        var frame = RespFrame.Incomplete(1);
        while (used < buffer.Length && !session.IsClosing)
        {
            services.Login.Renew(session);
            frame = BeginAll(buffer.Slice(used), out int begun);
            used += begun;
            if (session.Replies.IsWaiting)
                await session.Replies.EndAsync();
            else
                session.Replies.EndAtOnce();
            if (frame.Status == RespStatus.Broken)
            {
                session.Writer.Error("ERR " + frame.Error);
                session.IsClosing = true;
            }

            if (frame.Status == RespStatus.Incomplete && begun == 0)
                break;
            if (session.Replies.Unsent >= RespBounds.MaxUnsentBytes)
                await SendAsync();
            if (frame.Status == RespStatus.Command && used < buffer.Length && !session.IsClosing)
                await Task.Yield();
        }

        if (session.Replies.Unsent > 0)
            await SendAsync();
        return (used, frame.Status == RespStatus.Incomplete ? frame.Bytes : 1);
    }

    /// <summary>Begins commands until a bound is reached or no complete command remains.</summary>
    private RespFrame BeginAll(ReadOnlySequence<byte> bytes, out int used)
    {
        if (bytes.IsSingleSegment)
            return BeginAll(bytes.FirstSpan, out used);
        int length = (int)Math.Min(bytes.Length, RespBounds.WindowBytes);
        byte[] window = ArrayPool<byte>.Shared.Rent(length);
        bytes.Slice(0, length).CopyTo(window);
        var frame = BeginAll(window.AsSpan(0, length), out used);
        ArrayPool<byte>.Shared.Return(window);
        return frame;
    }

    private RespFrame BeginAll(ReadOnlySpan<byte> bytes, out int used)
    {
        Span<RespSpan> spans = stackalloc RespSpan[RespBounds.MaxArguments];
        used = 0;
        while (true)
        {
            var frame = RespParser.Read(bytes[used..], spans);
            if (frame.Status != RespStatus.Command)
                return frame;
            session.Replies.Begin();
            if (frame.Count > 0)
            {
                var arguments = new RespArguments(bytes.Slice(used, frame.Bytes), spans[..frame.Count]);
                services.Commands.Execute(session, arguments);
            }

            used += frame.Bytes;
            if (session.Replies.IsFull || session.IsClosing)
                return frame;
        }
    }

    /// <summary>Sends the replies, and waits while the client has too many unread replies.</summary>
    private async ValueTask SendAsync()
    {
        var sending = _output.FlushAsync();
        if (!sending.IsCompleted)
            _stage.Send();
        var sent = await sending;
        _stage.Decide();
        session.IsClosing |= sent.IsCompleted;
    }
}
