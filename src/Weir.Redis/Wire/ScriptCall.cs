namespace Weir.Redis;

internal sealed class ScriptCall(RedisScript script)
{
    private readonly Arguments _words = new();

    public RedisScript Script { get; private set; } = script;

    public int KeyCount { get; private set; }

    public int Count => _words.Count;

    public ReadOnlyMemory<byte> this[int word] => _words[word];

    public void Begin(RedisScript script)
    {
        Script = script;
        _words.Clear();
        KeyCount = 0;
    }

    /// <summary>Adds a key. All keys must be added before the first argument.</summary>
    public void AddKey(ReadOnlySpan<byte> key)
    {
        _words.Add(key);
        KeyCount++;
    }

    public void Add(ReadOnlySpan<byte> argument) => _words.Add(argument);

    /// <summary>Adds an argument of this length. The caller fills the span before it adds another argument.</summary>
    public Span<byte> Add(int length)
    {
        var argument = _words.Begin(length);
        _words.End(length);
        return argument;
    }
}
