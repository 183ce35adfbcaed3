namespace Weir.Redis;

/// <summary>Decisions that share a script call, and its pending reply. Reused; it has one owner at a time.</summary>
internal sealed class Batch
{
    private static readonly Pool<Batch> Spare = new(static () => new Batch(), 128);

    private readonly PendingCommand[] _takes = new PendingCommand[Batcher.MaxBatch];
    private readonly ScriptCall _words = new(RedisScript.Buckets);
    private ScriptReply? _reply;

    /// <summary>Room for decisions.</summary>
    public Span<PendingCommand> Room => _takes.AsSpan(Count);

    /// <summary>How many decisions there are.</summary>
    public int Count { get; set; }

    /// <summary>The decisions.</summary>
    public Span<PendingCommand> Takes => _takes.AsSpan(0, Count);

    /// <summary>The script that decides them.</summary>
    public RedisScript Script => _words.Script;

    /// <summary>Whether the script went along.</summary>
    public bool WithText { get; private set; }

    /// <summary>Whether the node that it is sent to is importing its slot.</summary>
    public bool Asking { get; set; }

    /// <summary>How often it was sent to another node since it was put together.</summary>
    public int Redirections { get; set; }

    /// <summary>Ends when the reply is there, or fails with what went wrong.</summary>
    public Task Arrival => _reply!.Arrival;

    /// <summary>A call without decisions.</summary>
    public static Batch Rent() => Spare.Rent();

    /// <summary>Adds a decision.</summary>
    public void Add(PendingCommand take) => _takes[Count++] = take;

    /// <summary>Gives the decisions to the wire. What is wrong with that fails the reply.</summary>
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

    /// <summary>Says of all decisions whether Redis may have executed them.</summary>
    public bool MayHaveRun
    {
        set
        {
            foreach (var take in Takes)
                take.MayHaveRun = value;
        }
    }

    /// <summary>Whether Redis has answered any of it.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>
    /// Answers the decisions by the reply, or throws the error of the call before it has answered any.
    /// </summary>
    /// <param name="replied">Called with each result.</param>
    /// <param name="corrected">
    /// Takes the decisions that are to be sent again, with the windows of the right time.
    /// </param>
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

    /// <summary>Decisions given up while they waited are not sent.</summary>
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
            // A time for which there is no calendar.
            return false;
        }
    }

    /// <summary>What cannot be read concerns one decision, and the others are answered all the same.</summary>
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

    /// <summary>Answers all decisions alike.</summary>
    public void Answer(in BucketResult answer, Replied? replied = null)
    {
        IsAnswered = false;
        int left = 0;
        foreach (var take in Takes)
            Answer(take, answer, replied, ref left);
        Keep(left);
    }

    /// <summary>Gives it back, without the decisions.</summary>
    public void Return()
    {
        (_reply, Redirections, Asking) = (null, 0, false);
        Keep(0);
        Spare.Return(this);
    }

    private void Answer(PendingCommand take, in BucketResult result, Replied? replied, ref int left)
    {
        // Before the caller goes on, which must find what a reply changes here.
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

    /// <summary>An exception in <paramref name="replied"/> must not keep the callers of a batch waiting.</summary>
    private static void Notify(Replied? replied, PendingCommand take, in BucketResult result, bool isLate)
    {
        try
        {
            replied?.Invoke(take, result, isLate);
        }
        catch (Exception)
        {
            // The result stands; only what would have been learned from it is lost.
        }
    }

    private void Keep(int count)
    {
        Takes[count..].Clear();
        Count = count;
    }
}
