using System.Text;
using StackExchange.Redis;

namespace Weir.Simulation.Worlds;

/// <summary>
/// A Redis in virtual time that runs the scripts of production, word for word, and has a script cache. It can be made to
/// forget everything, or to hold what it held at an earlier time.
/// </summary>
/// <param name="edit">Plants a mistake in a script; null for none.</param>
/// <param name="hasSlot">Says which slots this node of a cluster has; null for a Redis that is no cluster.</param>
internal sealed class LuaRedis(Func<string, string>? edit = null, Func<int, bool>? hasSlot = null) : IDisposable
{
    private readonly LuaMachine _machine = LuaMachine.Rent();
    private readonly Dictionary<RedisScript, int> _compiled = [];
    private readonly HashSet<RedisScript> _kept = [];

    /// <summary>The clock, in microseconds; the world turns it.</summary>
    public long NowUs { get; set; }

    /// <summary>Scripts that ran.</summary>
    public long Calls { get; private set; }

    /// <inheritdoc/>
    public void Dispose() => _machine.Return();

    /// <summary>Runs a script, as EVAL or EVALSHA would.</summary>
    /// <param name="script">The script.</param>
    /// <param name="withText">True for EVAL.</param>
    /// <param name="keyCount">How many of the words are keys.</param>
    /// <param name="words">The keys and then the arguments.</param>
    public byte[] Run(RedisScript script, bool withText, int keyCount, byte[][] words)
    {
        if (withText)
            _kept.Add(script);
        if (!_kept.Contains(script))
            throw Refusal(RedisErrorKind.NoScript, "NOSCRIPT No matching script.");
        if (hasSlot is not null)
            RefuseOtherSlots(words.AsSpan(0, keyCount));
        Calls++;
        if (!_compiled.TryGetValue(script, out int compiled))
        {
            string text = Encoding.UTF8.GetString(script.Text.Span);
            _compiled[script] = compiled = _machine.Compile(edit?.Invoke(text) ?? text);
        }

        return _machine.Run(NowUs, compiled, keyCount, words);
    }

    /// <summary>Returns the value of a string key; null for none.</summary>
    public byte[]? Get(string key) => Get(Bytes(key));

    /// <inheritdoc cref="Get(string)"/>
    public byte[]? Get(byte[] key) => _machine.Ask("get", NowUs, key);

    /// <summary>Returns a field of a hash; null if there is none.</summary>
    public byte[]? Field(string key, string field) => _machine.Ask("field", NowUs, Bytes(key), Bytes(field));

    /// <summary>Writes a field of a hash.</summary>
    public void Put(string key, string field, byte[] value) => _machine.Ask("put", NowUs, Bytes(key), Bytes(field), value);

    /// <summary>Returns what it holds now, for <see cref="Restore"/>.</summary>
    public int Remember() => _machine.Remember();

    /// <summary>Holds what it held at an earlier time, as a replica that had not heard of the last writes.</summary>
    public void Restore(int remembered) => _machine.Restore(remembered);

    /// <summary>Starts empty.</summary>
    public void Forget()
    {
        _machine.Forget();
        ForgetScripts();
    }

    /// <summary>Keeps no scripts.</summary>
    public void ForgetScripts() => _kept.Clear();

    private void RefuseOtherSlots(ReadOnlySpan<byte[]> keys)
    {
        int slot = RedisSlot.Of(keys[0]);
        foreach (byte[] key in keys)
        {
            if (RedisSlot.Of(key) != slot)
                throw Refusal(RedisErrorKind.CrossSlot, "CROSSSLOT Keys in request don't hash to the same slot");
        }

        if (!hasSlot!(slot))
            throw Refusal(RedisErrorKind.Moved, $"MOVED {slot} node:1");
    }

    private static RedisServerException Refusal(RedisErrorKind kind, string text) => new(kind, CommandFlags.None, text);

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);
}
