namespace Weir.Redis;

/// <summary>Decisions that share a script call, and its reply to come. Used again and again: whoever has it is its only owner.</summary>
internal sealed class TakeCall
{
    private static readonly Pool<TakeCall> Spare = new(static () => new TakeCall(), 16);

    private readonly PendingTake[] _takes = new PendingTake[TakeBatcher.MaxBatch];
    private readonly ScriptCall _words = new(RedisScript.Take);
    private ScriptReply? _reply;

    /// <summary>Room for decisions.</summary>
    public Span<PendingTake> Room => _takes.AsSpan(Count);

    /// <summary>How many decisions there are.</summary>
    public int Count { get; set; }

    /// <summary>The decisions.</summary>
    public Span<PendingTake> Takes => _takes.AsSpan(0, Count);

    /// <summary>Whether the script went along.</summary>
    public bool WithText { get; private set; }

    /// <summary>How it was sent.</summary>
    public Way Way { get; private set; }

    /// <summary>How often it was sent to another node since it was put together.</summary>
    public int Redirections { get; set; }

    /// <summary>Ends when the reply is there, or fails with what went wrong.</summary>
    public Task Arrival => _reply!.Arrival;

    /// <summary>A call without decisions.</summary>
    public static TakeCall Rent() => Spare.Rent();

    /// <summary>Adds a decision.</summary>
    public void Add(PendingTake take) => _takes[Count++] = take;

    /// <summary>Sends the decisions, and returns when they are written. What is wrong with that fails the reply.</summary>
    public void Send(IScriptWire wire, bool withText, Way way = Way.Straight)
    {
        (WithText, Way) = (withText, way);
        try
        {
            TakeScript.Spell(Takes, _words);
            _reply = wire.Send(_words, withText, way);
        }
        catch (Exception unsent)
        {
            _reply = ScriptReply.Failed(unsent);
        }
    }

    /// <summary>Whether Redis has answered any of it.</summary>
    public bool IsAnswered { get; private set; }

    /// <summary>Answers the decisions by the reply, which has come, or throws what went wrong. Of the decisions those are left that nobody had answered before.</summary>
    /// <param name="late">Called with each decision that was answered before, and what Redis says of it.</param>
    public void Answer(Action<StoreAsk, BucketAnswer>? late)
    {
        var reply = _reply!.Read();
        bool fits = TakeScript.LengthOf(Takes) == reply.Length;
        IsAnswered = false;
        int left = 0;
        foreach (var take in Takes)
        {
            int length = TakeScript.LengthOf(take);
            var answer = fits ? TakeScript.Read(reply[..length], take) : BucketAnswer.Failed(StoreFault.Refusing);
            reply = fits ? reply[length..] : reply;
            IsAnswered |= answer.Fault == StoreFault.None;
            Answer(take, answer, late, ref left);
        }

        Keep(left);
    }

    /// <summary>Answers all decisions alike.</summary>
    public void Answer(in BucketAnswer answer)
    {
        IsAnswered = false;
        int left = 0;
        foreach (var take in Takes)
            Answer(take, answer, null, ref left);
        Keep(left);
    }

    /// <summary>Gives it back, without the decisions.</summary>
    public void Return()
    {
        (_reply, Redirections) = (null, 0);
        Keep(0);
        Spare.Return(this);
    }

    private void Answer(PendingTake take, in BucketAnswer answer, Action<StoreAsk, BucketAnswer>? late, ref int left)
    {
        if (take.TryAnswer(answer))
        {
            _takes[left++] = take;
            return;
        }

        late?.Invoke(take.Ask, answer);
        take.LetGo();
    }

    private void Keep(int count)
    {
        Takes[count..].Clear();
        Count = count;
    }
}
