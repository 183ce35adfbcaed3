using System.Threading.Tasks.Sources;

namespace Weir.Redis;

/// <summary>One decision on its way: its command, its deadline and its caller.</summary>
/// <remarks>
/// The reply, a fault or the deadline answers the command once; then its caller resumes. The command returns to the
/// pool when all three holders have released it: the sender, which may read a reply long after the deadline; the watch
/// over the deadline; and the caller. A holder that never releases it leaves it to the garbage collector.
/// </remarks>
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

    /// <summary>The keys of the record, the account and the buckets, all in one slot; then the numbers.</summary>
    public Arguments Arguments { get; } = new();

    public int KeyCount => Arguments.Count - 1;

    public int Slot => _slot >= 0 ? _slot : _slot = RedisSlot.Of(Arguments[0].Span);

    /// <summary>The number of partitions, if it was unknown when the keys were spelled; else null.</summary>
    public PartitionCount? Unknown { get; set; }

    public bool IsMisplaced => Unknown is { Value: > 1 };

    public LeaseTrip Trip { get; private set; } = null!;

    public bool HasLeases { get; private set; }

    public long DueAt { get; set; }

    /// <summary>Total time for which Redis had owed replies at the start (<see cref="ReplyWait"/>), in ticks.</summary>
    public long WaitedBefore { get; set; }

    /// <summary>The batcher that counts the command as unanswered.</summary>
    public Batcher? Batcher { get; set; }

    /// <summary>The batcher that sends the command, after redirections.</summary>
    public Batcher? Sender { get; set; }

    /// <summary>False as long as Redis has certainly not executed it.</summary>
    public bool MayHaveRun { get; set; }

    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public override ValueTask Arrival => new(this, _core.Version);

    /// <summary>Creates a command without arguments. It owns the trip from now on.</summary>
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

    /// <summary>False if the command is answered already. If true, the caller must have it resumed.</summary>
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

    /// <summary>Releases a command that has no other holder.</summary>
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
