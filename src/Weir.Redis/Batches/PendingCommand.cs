using System.Threading.Tasks.Sources;

namespace Weir.Redis;

/// <summary>One decision on its way: its command, its deadline and its caller.</summary>
/// <remarks>
/// <para>
/// It is answered once, by the reply, a fault or the deadline, whichever comes first; then its caller is resumed
/// (<see cref="IBatchPump.Resume"/>).
/// </para>
/// <para>
/// It is used again when all three that hold it have let go of it: the way to Redis, which may bring a reply long after
/// the deadline and must find this decision then and not another one; the watch over the deadline; and the caller. A
/// holder that never releases it, such as a caller that never reads its answer, leaves it to the garbage collector.
/// </para>
/// </remarks>
internal sealed class PendingCommand : PendingResult, IValueTaskSource
{
    /// <summary>The way, the watch and the caller.</summary>
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

    /// <summary>In whose line it waits.</summary>
    public string Share { get; private set; } = "";

    /// <summary>How many buckets it asks.</summary>
    public int Buckets { get; private set; }

    /// <summary>
    /// The question, in the arguments of the script: the keys of its record, of its account of stored answers, and of
    /// a bucket for each limit, all of them in one slot; then the numbers.
    /// </summary>
    public Arguments Arguments { get; } = new();

    /// <summary>The number of arguments that are keys.</summary>
    public int KeyCount => Arguments.Count - 1;

    /// <summary>The slot of its keys, if the Redis is a cluster.</summary>
    public int Slot => _slot >= 0 ? _slot : _slot = RedisSlot.Of(Arguments[0].Span);

    /// <summary>
    /// The number of partitions if it was not known when the keys were spelled, as if there were one; else null.
    /// </summary>
    public PartitionCount? Unknown { get; set; }

    /// <summary>True if its keys lie elsewhere, as is known now.</summary>
    public bool IsMisplaced => Unknown is { Value: > 1 };

    /// <summary>The leases that are asked for beside it.</summary>
    public LeaseTrip Trip { get; private set; } = null!;

    /// <summary>Whether leases are asked for, or given back.</summary>
    public bool HasLeases { get; private set; }

    /// <summary>The timestamp at which the caller stops waiting.</summary>
    public long DueAt { get; set; }

    /// <summary>
    /// How long Redis had been waited for in all when this was asked (<see cref="ReplyWait"/>), in ticks.
    /// </summary>
    public long WaitedBefore { get; set; }

    /// <summary>The batcher that has counted it as unanswered.</summary>
    public Batcher? Batcher { get; set; }

    /// <summary>The batcher that sends it, after redirections.</summary>
    public Batcher? Sender { get; set; }

    /// <summary>False as long as Redis has certainly not executed it.</summary>
    public bool MayHaveRun { get; set; }

    public bool IsAnswered => Volatile.Read(ref _answered) != 0;

    public override ValueTask Arrival => new(this, _core.Version);

    /// <summary>A decision to be asked for. Its arguments are still to be written.</summary>
    /// <param name="command">The command.</param>
    /// <param name="trip">
    /// The leases that are asked for beside it; null for none. It belongs to the decision from now on.
    /// </param>
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

    /// <summary>
    /// Answers. False when it is answered already; when true, the caller sees to it that it is resumed.
    /// </summary>
    public bool TryAnswer(in BucketResult answer)
    {
        if (Interlocked.Exchange(ref _answered, 1) != 0)
            return false;
        _answer = answer;
        return true;
    }

    /// <summary>Resumes the caller on this thread, and releases it.</summary>
    public void Resume()
    {
        _core.SetResult(true);
        LetGo();
    }

    /// <summary>Returns the result to the caller, who lets go of it.</summary>
    public override BucketResult Take()
    {
        var result = Stage is { } stage ? stage.Finish(_command, _answer) : _answer;
        LetGo();
        return result;
    }

    /// <summary>Writes the numbers of the arguments, after the keys.</summary>
    /// <param name="redisUs">The time of Redis as far as it is known; only windows need it.</param>
    /// <param name="horizonUs">How long a lease lives, in microseconds.</param>
    /// <param name="answerBytes">Maximum bytes of the stored answers of the record's hash tag.</param>
    public void WriteNumbers(long redisUs, long horizonUs, long answerBytes)
    {
        (_horizonUs, _answerBytes) = (horizonUs, answerBytes);
        CommandWriter.Write(_command, redisUs, Trip, horizonUs, answerBytes, Arguments);
    }

    /// <summary>
    /// Writes the numbers again, once, since Redis did nothing but say that its clock is elsewhere. False the second
    /// time.
    /// </summary>
    public bool TryCorrect(long redisUs)
    {
        if (_isCorrected)
            return false;
        _isCorrected = true;
        Arguments.RemoveLast();
        WriteNumbers(redisUs, _horizonUs, _answerBytes);
        return true;
    }

    /// <summary>True if no other holder is left.</summary>
    public void Discard()
    {
        _holders = 1;
        LetGo();
    }

    /// <summary>Releases it by one holder.</summary>
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
