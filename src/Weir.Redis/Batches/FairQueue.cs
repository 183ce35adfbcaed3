namespace Weir.Redis;

/// <summary>
/// Waiting decisions in a line for each tenant. The lines take turns (deficit round robin, Shreedhar and Varghese
/// 1995), so that a tenant with thousands of decisions delays no other. A line keeps the order of arrival.
/// </summary>
/// <remarks>
/// A decision costs one per bucket. A turn is worth the dearest decision, so that every turn sends something, in
/// constant time. Tenants that no policy names share a few lines (<see cref="Shares"/>), since callers can invent them.
/// A line may hold as many decisions as there is room left for all ("dynamic thresholds", Choudhury and Hahne 1998).
/// A tenant that floods ends at half of the bound, and a tenant without waiting decisions finds room.
/// Not safe for concurrent use: the owner holds a lock.
/// </remarks>
/// <param name="most">Maximum unanswered decisions, in the lines or sent.</param>
internal sealed class FairQueue(int most)
{
    /// <summary>Worth of a turn: the dearest decision asks this many buckets.</summary>
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

        /// <summary>True if the line takes turns. It may be empty, if all of its decisions were overdue.</summary>
        public bool HasTurn;
    }

    /// <summary>Decisions in all lines, including overdue ones that were answered.</summary>
    public int Count { get; private set; }

    public int Waiting => _turns.Count;

    public int Lines => _lines.Count + _spare.Count;

    public bool TryEnqueue(PendingCommand take, int unanswered)
    {
        int room = most - unanswered;
        if (room <= 0)
            return false;
        // Frees overdue decisions of lines that are never sent from.
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
            // The rest of a turn that the last batch cut short comes first.
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
        // A crowd is mostly one tenant's, and waits for the lock meanwhile.
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

    /// <summary>Serves a line for its turn. One decision may overdraw it, and the next turn pays for that.</summary>
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

            // A command that only keeps a record asks no bucket.
            line.Credit -= Math.Max(1, take.Buckets);
            batch[count++] = take;
        }

        return count;
    }

    /// <summary>Drops overdue decisions: with equal deadlines, they are at the head of the line.</summary>
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

    /// <summary>Ends the turn of an empty line. Its tenant loses the rest of the turn.</summary>
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
