namespace Weir.Redis;

/// <summary>Decisions that share one script call, and the pending reply. Pooled; has one owner at a time.</summary>
internal sealed class Batch
{
    private static readonly Pool<Batch> Spare = new(static () => new Batch(), 128);

    private readonly PendingCommand[] _takes = new PendingCommand[Batcher.MaxBatch];
    private readonly ScriptCall _words = new(RedisScript.Buckets);
    private ScriptReply? _reply;

    public Span<PendingCommand> Room => _takes.AsSpan(Count);

    public int Count { get; set; }

    public Span<PendingCommand> Takes => _takes.AsSpan(0, Count);

    public RedisScript Script => _words.Script;

    /// <summary>True if the batch was sent with the text of the script instead of its digest.</summary>
    public bool WithText { get; private set; }

    /// <summary>True if the batch needs the ASKING command because its node is importing the slot.</summary>
    public bool Asking { get; set; }

    public int Redirections { get; set; }

    public Task Arrival => _reply!.Arrival;

    public static Batch Rent() => Spare.Rent();

    public void Add(PendingCommand take) => _takes[Count++] = take;

    /// <summary>Writes the batch to the wire. Errors are reported through the reply.</summary>
    public void Send(IScriptWire wire, HashSet<RedisScript> known)
    {
        WithText = false;
        try
        {
            wire.Prepare();
            DropAnswered();
            if (Count == 0)
            {
                _reply = ScriptReply.Nothing;
                return;
            }

            foreach (var take in Takes)
            {
                if (take.IsMisplaced)
                    throw new EndOfStreamException("it was not known yet that Redis is a cluster");
            }

            ScriptFormat.Spell(Takes, _words);
            WithText = !known.Contains(Script);
            _reply = wire.Send(_words, WithText, Asking);
            MayHaveRun = true;
        }
        catch (Exception unsent)
        {
            _reply = ScriptReply.Failed(unsent);
        }
    }

    public bool MayHaveRun
    {
        set
        {
            foreach (var take in Takes)
                take.MayHaveRun = value;
        }
    }

    public bool IsAnswered { get; private set; }

    /// <summary>Answers the decisions by the reply, or throws the error of the batch. Decisions that must be sent again
    /// are added to <paramref name="corrected"/>.</summary>
    public void Answer(Replied? replied, List<PendingCommand> corrected)
    {
        var reply = _reply!.Read();
        bool fits = ScriptFormat.LengthOf(Takes) == reply.Length;
        IsAnswered = false;
        int left = 0;
        foreach (var take in Takes)
        {
            int length = ScriptFormat.LengthOf(take);
            var result = fits ? Read(reply[..length], take) : BucketResult.Failed(StoreFault.Refusing);
            reply = fits ? reply[length..] : reply;
            IsAnswered |= result.Fault == StoreFault.None;
            if (result.IsStale || result.Fault == StoreFault.Damaged)
                take.MayHaveRun = false;
            if (result.IsStale && !take.IsAnswered && TryCorrect(take, result.NowUs))
                corrected.Add(take);
            else
                Answer(take, result, replied, ref left);
        }

        Keep(left);
    }

    private void DropAnswered()
    {
        int left = 0;
        foreach (var take in Takes)
        {
            if (take.IsAnswered)
                take.LetGo();
            else
                _takes[left++] = take;
        }

        Keep(left);
    }

    private static bool TryCorrect(PendingCommand take, long redisUs)
    {
        try
        {
            return take.TryCorrect(redisUs);
        }
        catch (Exception)
        {
            // The calendar does not cover the time of Redis.
            return false;
        }
    }

    /// <summary>Reads the result of one decision. If it is unreadable, only this decision fails.</summary>
    private static BucketResult Read(ReadOnlySpan<byte> reply, PendingCommand take)
    {
        try
        {
            return ScriptFormat.Read(reply, take);
        }
        catch (Exception)
        {
            return BucketResult.Failed(StoreFault.Damaged);
        }
    }

    public void Answer(in BucketResult answer, Replied? replied = null)
    {
        IsAnswered = false;
        int left = 0;
        foreach (var take in Takes)
            Answer(take, answer, replied, ref left);
        Keep(left);
    }

    public void Return()
    {
        (_reply, Redirections, Asking) = (null, 0, false);
        Keep(0);
        Spare.Return(this);
    }

    private void Answer(PendingCommand take, in BucketResult result, Replied? replied, ref int left)
    {
        // Notifies before the caller resumes: the caller must see the changes that the listener makes.
        if (!take.IsAnswered)
            Notify(replied, take, result, isLate: false);
        if (take.TryAnswer(result))
        {
            _takes[left++] = take;
            return;
        }

        Notify(replied, take, result, isLate: true);
        take.LetGo();
    }

    /// <summary>Notifies the listener. Its exceptions must not keep the callers of the batch waiting.</summary>
    private static void Notify(Replied? replied, PendingCommand take, in BucketResult result, bool isLate)
    {
        try
        {
            replied?.Invoke(take, result, isLate);
        }
        catch (Exception)
        {
            // The decision keeps its result; only the listener misses it.
        }
    }

    private void Keep(int count)
    {
        Takes[count..].Clear();
        Count = count;
    }
}
