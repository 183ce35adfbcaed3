namespace Weir.Redis;

/// <summary>A call of a script: its keys and then its arguments.</summary>
/// <param name="script">Which script.</param>
internal sealed class ScriptCall(RedisScript script)
{
    private readonly Arguments _words = new();

    /// <summary>Which script.</summary>
    public RedisScript Script { get; private set; } = script;

    /// <summary>How many keys there are.</summary>
    public int KeyCount { get; private set; }

    /// <summary>How many keys and arguments there are.</summary>
    public int Count => _words.Count;

    /// <summary>One of the keys, or, after them, of the arguments.</summary>
    public ReadOnlyMemory<byte> this[int word] => _words[word];

    /// <summary>Begins a call of a script, without keys and arguments.</summary>
    public void Begin(RedisScript script)
    {
        Script = script;
        _words.Clear();
        KeyCount = 0;
    }

    /// <summary>Adds a key. Keys come before arguments.</summary>
    public void AddKey(ReadOnlySpan<byte> key)
    {
        _words.Add(key);
        KeyCount++;
    }

    /// <summary>Adds an argument.</summary>
    public void Add(ReadOnlySpan<byte> argument) => _words.Add(argument);

    /// <summary>Adds an argument that is written by the caller before anything else is added.</summary>
    public Span<byte> Add(int length)
    {
        var argument = _words.Begin(length);
        _words.End(length);
        return argument;
    }
}
