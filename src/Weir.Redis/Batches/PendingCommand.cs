using System.Threading.Tasks.Sources;

namespace Weir.Redis;

/// <summary>A command on its way to Redis, with its deadline and its caller. Pooled.</summary>
/// <remarks>The reply, a fault or the deadline answers a command once; then its caller resumes. A command returns to
/// the pool once the sender, the queue of deadlines and the caller have released it.</remarks>
internal sealed class PendingCommand : PendingResult, IValueTaskSource
{
    private const int Holders = 3;

    private static readonly Pool<PendingCommand> Spare = new(static () => new PendingCommand(), 4_096);

    private ManualResetValueTaskSourceCore<bool> _core;
    private BucketCommand _command;
    private BucketResult _answer;
    private int _answered;
    private int _holders;
    private int _slot;
    private long _horizonUs;
    private long _answerBytes;
    private bool _isCorrected;

    private PendingCommand()
    {
    }

    internal override ref readonly BucketCommand Command => ref _command;

    public string Share { get; private set; } = "";

    public int Buckets { get; private set; }

    /// <summary>Arguments of the script: keys of records, account and buckets, all in one slot; then numbers.</summary>
    public Arguments Arguments { get; } = new();

    public int KeyCount => Arguments.Count - 1;

    public int Slot => _slot >= 0 ? _slot : _slot = RedisSlot.Of(Arguments[0].Span);

    /// <summary>Number of partitions, if it was unknown when the keys were written; else null.</summary>
    public PartitionCount? Unknown { get; set; }

    public bool IsMisplaced => Unknown is { Value: > 1 };

    public LeaseTrip Trip { get; private set; } = null!;

    public bool HasLeases { get; private set; }

    public long DueAt { get; set; }

    /// <summary>Ticks for which Redis had owed replies before the command was queued
    /// (<see cref="ReplyWait"/>).</summary>
    public long WaitedBefore { get; set; }

    /// <summary>The batcher that counts the command as unanswered.</summary>
    public Batcher? Batcher { get; set; }

    /// <summary>The batcher that sends the command: a different one after a redirection.</summary>
    public Batcher? Sender { get; set; }

    /// <summary>False while it is certain that Redis has not executed the command.</summary>
    public bool MayHaveRun { get; set; }

    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public override ValueTask Arrival => new(this, _core.Version);

    /// <summary>Makes a command without arguments. The command owns the trip from now on.</summary>
    public static PendingCommand Of(in BucketCommand command, LeaseTrip? trip)
    {
        var take = Spare.Rent();
        take._command = command;
        take.Share = Shares.NameOf(command.Limits);
        take.Buckets = command.Limits.Count;
        take.Trip = trip ?? LeaseTrip.Of(null, command);
        take.HasLeases = take.Trip.Asks;
        take.Arguments.Clear();
        take._answered = 0;
        take._slot = -1;
        take.MayHaveRun = false;
        take._holders = Holders;
        return take;
    }

    /// <summary>Sets the answer; returns false if there is one already. After true, call
    /// <see cref="Resume"/>.</summary>
    public bool TryAnswer(in BucketResult answer)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
            return false;
        _answer = answer;
        return true;
    }

    public void Resume()
    {
        _core.SetResult(true);
        LetGo();
    }

    public override BucketResult Take()
    {
        var result = Stage is { } stage ? stage.Finish(_command, _answer) : _answer;
        LetGo();
        return result;
    }

    public void WriteNumbers(long redisUs, long horizonUs, long answerBytes)
    {
        (_horizonUs, _answerBytes) = (horizonUs, answerBytes);
        CommandWriter.Write(_command, redisUs, Trip, horizonUs, answerBytes, Arguments);
    }

    public bool TryCorrect(long redisUs)
    {
        if (_isCorrected)
            return false;
        _isCorrected = true;
        Arguments.RemoveLast();
        WriteNumbers(redisUs, _horizonUs, _answerBytes);
        return true;
    }

    /// <summary>Releases a command that has no other holder than the caller.</summary>
    public void Discard()
    {
        _holders = 1;
        LetGo();
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) > 0)
            return;
        if (!MayHaveRun)
            Trip.Restore(_command.Limits);
        Trip.Return();
        (Trip, Stage, _command, _answer, _isCorrected) = (null!, null, default, default, false);
        _core.Reset();
        Spare.Return(this);
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
