using System.Collections.Concurrent;
using System.Text;
using KeraLua;

namespace Weir.Simulation.Worlds;

/// <summary>
/// A Lua that runs scripts over the keys of <c>redis.lua</c>. Machines are used again: to make one, and to compile the
/// scripts, costs more than a thousand calls.
/// </summary>
/// <remarks>
/// Its Lua is 5.4 and that of Redis 5.1. What the scripts use is the same in both, except that whole numbers are made
/// floats where they could be cut.
/// </remarks>
internal sealed class LuaMachine : IDisposable
{
    private static readonly ConcurrentBag<LuaMachine> Unused = [];
    private static readonly string Host = ReadHost();

    private readonly Lua _lua = new() { Encoding = Encoding.Latin1 };
    private readonly Dictionary<string, int> _references = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _compiled = new(StringComparer.Ordinal);
    private readonly HashSet<int> _copies = [];

    private LuaMachine()
    {
        if (_lua.DoString(Host))
            throw new InvalidOperationException(_lua.ToString(-1));
        foreach (string name in new[] { "run", "get", "field", "put", "forget", "remember", "restore" })
        {
            _lua.GetField(-1, name);
            _references[name] = _lua.Ref(LuaRegistry.Index);
        }
    }

    /// <summary>Returns a machine without any keys.</summary>
    public static LuaMachine Rent() => Unused.TryTake(out var machine) ? machine : new LuaMachine();

    /// <summary>Takes a machine back.</summary>
    public void Return()
    {
        Call("forget", results: 0);
        foreach (int copy in _copies)
            _lua.Unref(LuaRegistry.Index, copy);
        _copies.Clear();
        Unused.Add(this);
    }

    /// <inheritdoc/>
    public void Dispose() => _lua.Dispose();

    /// <summary>Returns the reference of a script, which is compiled once.</summary>
    public int Compile(string text)
    {
        if (_compiled.TryGetValue(text, out int reference))
            return reference;
        if (_lua.LoadString(text, "script") != LuaStatus.OK)
            throw new InvalidOperationException(_lua.ToString(-1));
        return _compiled[text] = _lua.Ref(LuaRegistry.Index);
    }

    /// <summary>Runs a script.</summary>
    /// <param name="nowUs">The time of Redis, in microseconds.</param>
    /// <param name="script">The reference of the script (<see cref="Compile"/>).</param>
    /// <param name="keyCount">How many of the words are keys.</param>
    /// <param name="words">The keys and then the arguments.</param>
    public byte[] Run(long nowUs, int script, int keyCount, byte[][] words)
    {
        _lua.CheckStack(words.Length + 4);
        _lua.RawGetInteger(LuaRegistry.Index, _references["run"]);
        _lua.RawGetInteger(LuaRegistry.Index, script);
        _lua.PushInteger(nowUs);
        _lua.PushInteger(keyCount);
        foreach (byte[] word in words)
            _lua.PushBuffer(word);
        return End(words.Length + 3)!;
    }

    /// <summary>Calls a function of the host and returns the bytes of its result; null for none.</summary>
    /// <param name="function">Its name.</param>
    /// <param name="nowUs">The time of Redis, in microseconds.</param>
    /// <param name="words">The other arguments.</param>
    public byte[]? Ask(string function, long nowUs, params ReadOnlySpan<byte[]> words)
    {
        _lua.RawGetInteger(LuaRegistry.Index, _references[function]);
        _lua.PushInteger(nowUs);
        foreach (byte[] word in words)
            _lua.PushBuffer(word);
        return End(words.Length + 1);
    }

    /// <summary>Holds no keys.</summary>
    public void Forget() => Call("forget", results: 0);

    /// <summary>Returns a reference to a copy of all keys.</summary>
    public int Remember()
    {
        Call("remember", results: 1);
        int copy = _lua.Ref(LuaRegistry.Index);
        _copies.Add(copy);
        return copy;
    }

    /// <summary>Holds the keys of a copy, which is used up.</summary>
    public void Restore(int copy)
    {
        _lua.RawGetInteger(LuaRegistry.Index, _references["restore"]);
        _lua.RawGetInteger(LuaRegistry.Index, copy);
        _lua.Unref(LuaRegistry.Index, copy);
        _copies.Remove(copy);
        Call(arguments: 1, results: 0);
    }

    private static string ReadHost()
    {
        using var text = new StreamReader(typeof(LuaMachine).Assembly.GetManifestResourceStream("redis.lua")!);
        return text.ReadToEnd();
    }

    private void Call(string function, int results)
    {
        _lua.RawGetInteger(LuaRegistry.Index, _references[function]);
        Call(arguments: 0, results);
    }

    private void Call(int arguments, int results)
    {
        if (_lua.PCall(arguments, results, 0) != LuaStatus.OK)
            throw new InvalidOperationException(_lua.ToString(-1));
    }

    private byte[]? End(int arguments)
    {
        Call(arguments, results: 1);
        byte[]? reply = _lua.IsNil(-1) ? null : _lua.ToBuffer(-1);
        _lua.Pop(1);
        return reply;
    }
}
