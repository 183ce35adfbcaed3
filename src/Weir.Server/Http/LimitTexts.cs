namespace Weir.Server;

/// <summary>
/// Texts of header items that were spelled a moment ago, since most answers of a limit are alike. A fixed number is
/// kept; a new one takes the place of another.
/// </summary>
/// <param name="spell">Spells the item of a limit by two numbers.</param>
internal sealed class LimitTexts(Func<Limit, long, long, string> spell)
{
    private const int Slots = 1_024;

    private readonly Entry?[] _entries = new Entry?[Slots];

    private sealed record Entry(Limit Limit, long First, long Second, string Text);

    /// <summary>Returns the text of an item.</summary>
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
