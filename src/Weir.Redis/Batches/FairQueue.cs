namespace Weir.Redis;

/// <summary>
/// Decisions that wait to be sent: a line for each tenant, and the lines take turns, so that a tenant with thousands in
/// its line makes no other wait for them (deficit round robin, Shreedhar and Varghese 1995). Within a tenant the order
/// is that in which they came.
/// </summary>
/// <remarks>
/// <para>
/// A decision costs as many buckets as it asks; a turn is worth as many as a decision can ask at most, so that every
/// turn sends something and putting in and taking out take the same time however many lines there are. Tenants that no
/// policy names have a few lines together (<see cref="Shares"/>), since they can be invented without end.
/// </para>
/// <para>
/// A tenant may have no more in its line than there is room left for all ("dynamic thresholds", Choudhury and Hahne
/// 1998): one that floods ends at half of the bound, and a tenant without waiting decisions always finds room, unless
/// as many tenants wait as decisions may.
/// </para>
/// <para>Not safe for concurrent use: the owner holds a lock.</para>
/// </remarks>
/// <param name="most">Decisions that may be unanswered, in the lines or sent.</param>
internal sealed class FairQueue(int most)
{
    /// <summary>What a turn is worth: the dearest decision asks this many buckets.</summary>
    private const int Turn = Plan.MaxLimits;

    /// <summary>
    /// Empty lines that are kept: for a tenant that asks again and again, and for others instead of new ones.
    /// </summary>
    private const int MaxIdle = 64;

    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    private readonly Queue<Line> _turns = new();
    private readonly Stack<Line> _spare = new();
    private Line? _last;

    /// <summary>A tenant's decisions, and the rest of its turn.</summary>
    private sealed class Line
    {
        public readonly Queue<PendingCommand> Takes = new();
        public string Tenant = "";
        public int Credit;

        /// <summary>True if it takes turns. It may be empty, if all of its decisions were overdue.</summary>
        public bool HasTurn;
    }

    /// <summary>
    /// Decisions in all lines, those included that have been answered meanwhile because they fell due.
    /// </summary>
    public int Count { get; private set; }

    /// <summary>Tenants that wait.</summary>
    public int Waiting => _turns.Count;

    /// <summary>Lines that are remembered, empty ones included.</summary>
    public int Lines => _lines.Count + _spare.Count;

    /// <summary>Puts a decision at the end of its tenant's line. False when the tenant has too many there.</summary>
    /// <param name="take">The decision.</param>
    /// <param name="unanswered">Decisions that wait for an answer, in the lines or sent.</param>
    public bool TryEnqueue(PendingCommand take, int unanswered)
    {
        int room = most - unanswered;
        if (room <= 0)
            return false;
        // Overdue decisions of a line that is never sent from are forgotten after this.
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

    /// <summary>Removes the next decisions, from each line in its turn, without answered ones.</summary>
    /// <param name="batch">Where to; as many as fit, or as there are.</param>
    /// <returns>How many.</returns>
    public int Dequeue(Span<PendingCommand> batch)
    {
        int count = 0;
        while (count < batch.Length && _turns.TryPeek(out var line))
        {
            // The rest of a turn that the last batch ended comes first.
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

    /// <summary>Lets go of all decisions, which have been answered.</summary>
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

    /// <summary>
    /// Takes from the line at hand until its turn is over. A turn may be overdrawn by one decision, which the next turn
    /// pays for.
    /// </summary>
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

            // One that only keeps a record asks no bucket.
            line.Credit -= Math.Max(1, take.Buckets);
            batch[count++] = take;
        }

        return count;
    }

    /// <summary>Shortens a line. All decisions have the same deadline, so overdue ones are at its head.</summary>
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

    /// <summary>Ends the turn of an empty line. Its tenant keeps no claim to the rest of the turn.</summary>
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
