namespace Weir.Server;

/// <summary>Caches recently formatted header items, because most answers of a limit have equal numbers.</summary>
internal sealed class LimitTexts(Func<Limit, long, long, string> spell)
{
    private const int Slots = 1_024;

    private readonly Entry?[] _entries = new Entry?[Slots];

    private sealed record Entry(Limit Limit, long First, long Second, string Text);

    public string Of(Limit limit, long first, long second)
    {
        ref var slot = ref _entries[(uint)HashCode.Combine(limit.Name.Length, first, second) % Slots];
        var entry = Volatile.Read(ref slot);
        if (entry is not null && ReferenceEquals(entry.Limit, limit) && entry.First == first && entry.Second == second)
            return entry.Text;
        string text = spell(limit, first, second);
        Volatile.Write(ref slot, new Entry(limit, first, second, text));
        return text;
    }
}
