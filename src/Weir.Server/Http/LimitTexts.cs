namespace Weir.Server;

/// <summary>
/// Texts of header items that were spelled a moment ago, since most answers of a limit are alike. A fixed number is
/// kept; a new one takes the place of another.
/// </summary>
/// <param name="spell">Spells the item of a limit by two numbers.</param>
internal sealed class LimitTexts(Func<Limit, long, long, string> spell)
{
    private const int Places = 1_024;

    private readonly Entry?[] _entries = new Entry?[Places];

    private sealed record Entry(Limit Limit, long First, long Second, string Text);

    /// <summary>Returns the text of an item.</summary>
    public string Of(Limit limit, long first, long second)
    {
        ref var place = ref _entries[(uint)HashCode.Combine(limit.Name.Length, first, second) % Places];
        var entry = Volatile.Read(ref place);
        if (entry is not null && ReferenceEquals(entry.Limit, limit) && entry.First == first && entry.Second == second)
            return entry.Text;
        string text = spell(limit, first, second);
        Volatile.Write(ref place, new Entry(limit, first, second, text));
        return text;
    }
}
