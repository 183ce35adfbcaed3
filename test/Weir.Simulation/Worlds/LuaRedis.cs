using System.Globalization;
using System.Text;
using KeraLua;
using StackExchange.Redis;

namespace Weir.Simulation.Worlds;

/// <summary>
/// A Redis in virtual time that runs the scripts of production, word for word, in a Lua of its own: strings with expiry, hashes, and a script cache. What it is told to
/// forget, or to remember from an earlier time, it does.
/// </summary>
/// <remarks>Its Lua is 5.4 and that of Redis 5.1; what the scripts use is the same in both, but that whole numbers are made floats where they could be cut.</remarks>
internal sealed class LuaRedis : IDisposable
{
    private readonly Lua _lua = new() { Encoding = Encoding.Latin1 };
    private readonly LuaFunction _call;
    private readonly Dictionary<string, int> _compiled = new(StringComparer.Ordinal);
    private readonly HashSet<string> _kept = new(StringComparer.Ordinal);
    private readonly Func<string, string> _edit;
    private Dictionary<string, Value> _values = new(StringComparer.Ordinal);

    /// <param name="edit">Plants a mistake in a script; the identity for none.</param>
    public LuaRedis(Func<string, string>? edit = null)
    {
        _edit = edit ?? (text => text);
        _call = Call;
        _lua.DoString("""
            struct = { pack = string.pack, unpack = string.unpack }
            local floor, ceil = math.floor, math.ceil
            math.floor = function(x) return floor(x) + 0.0 end
            math.ceil = function(x) return ceil(x) + 0.0 end
            """);
        _lua.NewTable();
        foreach (string name in new[] { "call", "pcall" })
        {
            _lua.PushCFunction(_call);
            _lua.SetField(-2, name);
        }

        _lua.SetGlobal("redis");
    }

    /// <summary>The clock, in microseconds; whoever runs the world turns it.</summary>
    public long NowUs { get; set; }

    /// <summary>Scripts that ran.</summary>
    public long Calls { get; private set; }

    private sealed record Value(byte[]? Text, Dictionary<string, byte[]>? Fields, long EndsUs);

    public void Dispose() => _lua.Dispose();

    /// <summary>Runs a script, as EVAL or EVALSHA would.</summary>
    public byte[] Run(RedisScript script, bool withText, byte[][] keys, byte[][] arguments)
    {
        string digest = Encoding.ASCII.GetString(script.Digest.Span);
        if (withText)
            _kept.Add(digest);
        if (!_kept.Contains(digest))
            throw new RedisServerException(RedisErrorKind.NoScript, CommandFlags.None, "NOSCRIPT No matching script.");
        Calls++;
        SetGlobal("KEYS", keys);
        SetGlobal("ARGV", arguments);
        _lua.RawGetInteger(LuaRegistry.Index, Compiled(digest, script));
        if (_lua.PCall(0, 1, 0) != LuaStatus.OK)
            throw new InvalidOperationException(_lua.ToString(-1));
        byte[] reply = _lua.ToBuffer(-1);
        _lua.Pop(1);
        return reply;
    }

    /// <summary>What a string key holds; null for nothing.</summary>
    public byte[]? Get(string key) => Live(key)?.Text;

    /// <summary>Returns a field of a hash; null if there is none.</summary>
    public byte[]? Field(string key, string field) => FieldsOf(key).GetValueOrDefault(field);

    /// <summary>Writes a field of a hash.</summary>
    public void Put(string key, string field, byte[] value) => FieldsOf(key)[field] = value;

    /// <summary>What it holds now, for <see cref="Restore"/>.</summary>
    public object Remember() => _values.ToDictionary(pair => pair.Key, pair => pair.Value with { Fields = pair.Value.Fields is { } fields ? new(fields) : null });

    /// <summary>Holds what it held at an earlier time, as a replica that had not heard of the last writes.</summary>
    public void Restore(object remembered) => _values = (Dictionary<string, Value>)remembered;

    /// <summary>Starts empty.</summary>
    public void Forget()
    {
        _values = new(StringComparer.Ordinal);
        ForgetScripts();
    }

    /// <summary>Keeps no scripts.</summary>
    public void ForgetScripts() => _kept.Clear();

    private int Compiled(string digest, RedisScript script)
    {
        if (_compiled.TryGetValue(digest, out int reference))
            return reference;
        string text = _edit(Encoding.UTF8.GetString(script.Text.Span));
        if (_lua.LoadString(text, digest) != LuaStatus.OK)
            throw new InvalidOperationException(_lua.ToString(-1));
        return _compiled[digest] = _lua.Ref(LuaRegistry.Index);
    }

    private void SetGlobal(string name, byte[][] words)
    {
        _lua.CreateTable(words.Length, 0);
        for (int i = 0; i < words.Length; i++)
        {
            _lua.PushBuffer(words[i]);
            _lua.RawSetInteger(-2, i + 1);
        }

        _lua.SetGlobal(name);
    }

    private int Call(IntPtr state)
    {
        var lua = Lua.FromIntPtr(state);
        string Word(int at) => Encoding.Latin1.GetString(lua.ToBuffer(at));
        switch (Word(1))
        {
            case "TIME":
                lua.CreateTable(2, 0);
                Push(lua, 1, (NowUs / 1_000_000).ToString(CultureInfo.InvariantCulture));
                Push(lua, 2, (NowUs % 1_000_000).ToString(CultureInfo.InvariantCulture));
                break;
            case "GET":
                PushOrFalse(lua, Live(Word(2))?.Text);
                break;
            case "SET":
                _values[Word(2)] = new Value(lua.ToBuffer(3), null, NowUs + (1_000 * long.Parse(Word(5), CultureInfo.InvariantCulture)));
                lua.PushBoolean(true);
                break;
            case "DEL":
                _values.Remove(Word(2));
                lua.PushInteger(1);
                break;
            case "PEXPIRE":
                if (Live(Word(2)) is { } value)
                    _values[Word(2)] = value with { EndsUs = NowUs + (1_000 * long.Parse(Word(3), CultureInfo.InvariantCulture)) };
                lua.PushInteger(1);
                break;
            case "HSET":
                var fields = FieldsOf(Word(2));
                for (int i = 3; i < lua.GetTop(); i += 2)
                    fields[Word(i)] = lua.ToBuffer(i + 1);
                lua.PushInteger(1);
                break;
            case "HDEL":
                FieldsOf(Word(2)).Remove(Word(3));
                lua.PushInteger(1);
                break;
            case "HGETALL":
                lua.CreateTable(0, 0);
                int next = 1;
                foreach (var (field, text) in FieldsOf(Word(2)))
                {
                    Push(lua, next++, field);
                    lua.PushBuffer(text);
                    lua.RawSetInteger(-2, next++);
                }

                break;
            default:
                return lua.Error($"{Word(1)} is not simulated");
        }

        return 1;
    }

    private Dictionary<string, byte[]> FieldsOf(string key)
    {
        if (Live(key)?.Fields is { } fields)
            return fields;
        fields = new(StringComparer.Ordinal);
        _values[key] = new Value(null, fields, long.MaxValue);
        return fields;
    }

    private Value? Live(string key) => _values.TryGetValue(key, out var value) && value.EndsUs > NowUs ? value : null;

    private static void Push(Lua lua, int at, string text)
    {
        lua.PushBuffer(Encoding.Latin1.GetBytes(text));
        lua.RawSetInteger(-2, at);
    }

    private static void PushOrFalse(Lua lua, byte[]? text)
    {
        if (text is null)
            lua.PushBoolean(false);
        else
            lua.PushBuffer(text);
    }
}
