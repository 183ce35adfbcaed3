namespace Weir.Redis;

/// <summary>A call of a script: its keys and then its arguments, spelled one after the other into one buffer.</summary>
/// <param name="script">Which script.</param>
internal sealed class ScriptCall(RedisScript script)
{
    private byte[] _bytes = new byte[4_096];
    private int[] _ends = new int[64];

    /// <summary>Which script.</summary>
    public RedisScript Script { get; } = script;

    /// <summary>How many keys there are.</summary>
    public int KeyCount { get; private set; }

    /// <summary>How many keys and arguments there are.</summary>
    public int Count { get; private set; }

    /// <summary>One of the keys, or, after them, of the arguments.</summary>
    public ReadOnlyMemory<byte> this[int word] => _bytes.AsMemory(BeginOf(word).._ends[word]);

    /// <summary>Forgets all keys and arguments.</summary>
    public void Clear() => (KeyCount, Count) = (0, 0);

    /// <summary>Adds a key. Keys come before arguments.</summary>
    public void AddKey(ReadOnlySpan<byte> key)
    {
        Add(key);
        KeyCount++;
    }

    /// <summary>Adds an argument.</summary>
    public void Add(ReadOnlySpan<byte> argument) => argument.CopyTo(Add(argument.Length));

    /// <summary>Adds an argument that is written by the caller before anything else is added.</summary>
    public Span<byte> Add(int length)
    {
        int from = BeginOf(Count);
        if (Count == _ends.Length)
            Array.Resize(ref _ends, 2 * Count);
        if (from + length > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, from + length));
        _ends[Count++] = from + length;
        return _bytes.AsSpan(from, length);
    }

    private int BeginOf(int word) => word == 0 ? 0 : _ends[word - 1];
}
