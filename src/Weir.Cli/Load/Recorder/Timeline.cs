namespace Weir.Cli.Load;

/// <summary>Decisions by source, and errors, per tenth of a second. Guarded by <see cref="Lane"/>.</summary>
internal sealed class Timeline(long lengthUs)
{
    public const long SlotUs = 100_000;

    private readonly Slot[] _slots = new Slot[(lengthUs / SlotUs) + 1];

    public IReadOnlyList<Slot> Slots => _slots;

    public void Count(long doneUs, Answer answer)
    {
        ref var slot = ref _slots[Math.Clamp(doneUs / SlotUs, 0, _slots.Length - 1)];
        if (!answer.Decided)
            slot.Errors++;
        else if (answer.Source == AnswerSource.Redis)
            slot.Redis++;
        else
            slot.Memory++;
    }

    public void Add(Timeline other)
    {
        for (int i = 0; i < _slots.Length; i++)
        {
            _slots[i].Redis += other._slots[i].Redis;
            _slots[i].Memory += other._slots[i].Memory;
            _slots[i].Errors += other._slots[i].Errors;
        }
    }

    internal struct Slot
    {
        public int Redis;
        public int Memory;
        public int Errors;
    }
}
