namespace Weir.Redis;

/// <summary>Waiting decisions in one queue per tenant. The queues take turns (deficit round robin, Shreedhar and
/// Varghese 1995), so that no tenant starves another. Not safe for concurrent use.</summary>
/// <remarks>
/// A decision costs 1 per bucket. The credit of a turn suffices for the most expensive decision, so each turn sends at
/// least one. Unlisted tenants, which callers can invent, share a few queues (<see cref="Shares"/>). A queue may hold
/// as many decisions as there is room left ("dynamic thresholds", Choudhury and Hahne 1998): a flooding tenant ends at
/// half of the bound, and a tenant without waiting decisions finds room.
/// </remarks>
/// <param name="most">Maximum number of unanswered decisions, waiting or sent.</param>
internal sealed class FairQueue(int most)
{
    /// <summary>Credit of a turn: the cost of the most expensive decision, in buckets.</summary>
    private const int Turn = Plan.MaxLimits;

    private const int MaxIdle = 64;

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly Queue<Line> _turns = new();
    private readonly Stack<Line> _spare = new();
    private Line? _last;

    private sealed class Line
    {
        public readonly Queue<PendingCommand> Takes = new();
        public string Tenant = "";
        public int Credit;

        /// <summary>True if the queue takes turns. All of its decisions may be given up.</summary>
        public bool HasTurn;
    }

    /// <summary>Number of decisions in all queues, including those given up.</summary>
    public int Count { get; private set; }

    public int Waiting => _turns.Count;

    public int Lines => _lines.Count + _spare.Count;

    public bool TryEnqueue(PendingCommand take, int unanswered)
    {
        int room = most - unanswered;
        if (room <= 0)
            return false;
        // Removes given-up decisions from all queues, because Redis may be too slow for any queue to get a turn.
        if (Count >= 2 * most)
            ForgetAnswered();
        var line = LineOf(take.Share);
        if (line.Takes.Count >= room && !IsBelow(room, line))
            return false;
        if (!line.HasTurn)
            TakeTurns(line);
        line.Takes.Enqueue(take);
        Count++;
        return true;
    }

    public int Dequeue(Span<PendingCommand> batch)
    {
        int count = 0;
        while (count < batch.Length && _turns.TryPeek(out var line))
        {
            // A queue whose turn the last batch cut short keeps its credit, and adds none.
            if (line.Credit <= 0)
                line.Credit += Turn;
            count += Serve(line, batch[count..]);
            if (line.Takes.Count == 0)
                Close(line);
            else if (line.Credit <= 0)
                _turns.Enqueue(_turns.Dequeue());
        }

        return count;
    }

    public void Clear()
    {
        foreach (var line in _turns)
        {
            while (line.Takes.TryDequeue(out var take))
                take.LetGo();
        }

        Count = 0;
    }

    private Line LineOf(string tenant)
    {
        // Tries the last queue first: under load, most successive decisions are of one tenant.
        if (_last is { } last && last.Tenant == tenant)
            return last;
        if (!_lines.TryGetValue(tenant, out var line))
        {
            line = _spare.TryPop(out var spare) ? spare : new Line();
            line.Tenant = tenant;
            _lines.Add(tenant, line);
        }

        return _last = line;
    }

    private void TakeTurns(Line line)
    {
        line.HasTurn = true;
        line.Credit = 0;
        _turns.Enqueue(line);
    }

    /// <summary>Serves a queue for one turn. A decision may overdraw the credit; the next turn pays for it.</summary>
    private int Serve(Line line, Span<PendingCommand> batch)
    {
        int count = 0;
        while (count < batch.Length && line.Credit > 0 && line.Takes.TryDequeue(out var take))
        {
            Count--;
            if (take.IsAnswered)
            {
                take.LetGo();
                continue;
            }

            // A command that only stores a record has no buckets, but costs 1.
            line.Credit -= Math.Max(1, take.Buckets);
            batch[count++] = take;
        }

        return count;
    }

    /// <summary>Returns true if the queue is short enough without the given-up decisions at its head.</summary>
    private bool IsBelow(int room, Line line)
    {
        ForgetAnswered(line);
        return line.Takes.Count < room;
    }

    private void ForgetAnswered(Line line)
    {
        while (line.Takes.TryPeek(out var first) && first.IsAnswered)
        {
            line.Takes.Dequeue().LetGo();
            Count--;
        }
    }

    private void ForgetAnswered()
    {
        for (int left = _turns.Count; left > 0; left--)
        {
            var line = _turns.Peek();
            ForgetAnswered(line);
            if (line.Takes.Count == 0)
                Close(line);
            else
                _turns.Enqueue(_turns.Dequeue());
        }
    }

    /// <summary>Ends the turns of an empty queue, which lose its credit. Removes the queue if there are many.</summary>
    private void Close(Line line)
    {
        _turns.Dequeue();
        line.HasTurn = false;
        if (_lines.Count <= MaxIdle)
            return;
        _lines.Remove(line.Tenant);
        if (_last == line)
            _last = null;
        if (_spare.Count < MaxIdle)
            _spare.Push(line);
    }
}
