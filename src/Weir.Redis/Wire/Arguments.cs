namespace Weir.Redis;

internal sealed class Arguments
{
    private byte[] _bytes = new byte[256];
    private int[] _ends = new int[8];

    public int Count { get; private set; }

    /// <summary>The bytes of an argument, valid until the next argument is added.</summary>
    public ReadOnlyMemory<byte> this[int word] => _bytes.AsMemory(BeginOf(word).._ends[word]);

    public void Clear() => Count = 0;

    public void Add(ReadOnlySpan<byte> word)
    {
        word.CopyTo(Begin(word.Length));
        End(word.Length);
    }

    public void RemoveLast() => Count--;

    /// <summary>Begins an argument of at most this length. The caller writes it, and then calls End.</summary>
    public Span<byte> Begin(int most)
    {
        int from = BeginOf(Count);
        if (from + most > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, from + most));
        return _bytes.AsSpan(from, most);
    }

    public void End(int length)
    {
        int from = BeginOf(Count);
        if (Count == _ends.Length)
            Array.Resize(ref _ends, 2 * Count);
        _ends[Count++] = from + length;
    }

    private int BeginOf(int word) => word == 0 ? 0 : _ends[word - 1];
}
