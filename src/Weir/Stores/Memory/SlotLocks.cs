namespace Weir;

/// <summary>Sets that a thread locks together. Locks them by address, which prevents deadlocks.</summary>
internal sealed class SlotLocks
{
    private readonly SlotSet[] _sets = new SlotSet[4 * Plan.MaxLimits];
    private int _count;

    public void Add(SlotSet set) => _sets[_count++] = set;

    public void Add(SlotPart part, ulong head)
    {
        Add(part.FirstOf(head));
        Add(part.SecondOf(head));
    }

    public void Enter()
    {
        if (_count > 1)
            LeaveEachOnce();
        for (int i = 0; i < _count; i++)
            _sets[i].Lock();
    }

    public void Exit()
    {
        while (_count > 0)
            _sets[--_count].Unlock();
    }

    private void LeaveEachOnce()
    {
        _sets.AsSpan(0, _count).Sort();
        int kept = 1;
        for (int i = 1; i < _count; i++)
        {
            if (_sets[i].CompareTo(_sets[kept - 1]) != 0)
                _sets[kept++] = _sets[i];
        }

        _count = kept;
    }
}
