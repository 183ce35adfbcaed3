namespace Weir.Redis;

/// <summary>Byte strings in a row in one buffer, which is reused.</summary>
internal sealed class Arguments
{
    private byte[] _bytes = new byte[256];
    private int[] _ends = new int[8];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>One of them; true until the next one is added.</summary>
    public ReadOnlyMemory<byte> this[int word] => _bytes.AsMemory(BeginOf(word).._ends[word]);

    /// <summary>Forgets all of them.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds one.</summary>
    public void Add(ReadOnlySpan<byte> word)
    {
        word.CopyTo(Begin(word.Length));
        End(word.Length);
    }

    /// <summary>Removes the last one.</summary>
    public void RemoveLast() => Count--;

    /// <summary>Begins a string, which the caller writes into the result.</summary>
    /// <param name="most">As long as it may become.</param>
    public Span<byte> Begin(int most)
    {
        int from = BeginOf(Count);
        if (from + most > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, from + most));
        return _bytes.AsSpan(from, most);
    }

    /// <summary>Ends the one that was begun.</summary>
    /// <param name="length">As long as it has become.</param>
    public void End(int length)
    {
        int from = BeginOf(Count);
        if (Count == _ends.Length)
            Array.Resize(ref _ends, 2 * Count);
        _ends[Count++] = from + length;
    }

    private int BeginOf(int word) => word == 0 ? 0 : _ends[word - 1];
}
