using System.Globalization;
using System.Text;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Finds other prefixes in use in the same Redis database. Instances with different prefixes share no bucket,
/// which is a mistake within one installation. Safe for concurrent use.</summary>
/// <remarks>If the user has no right to the key of the prefixes, the watch ends and finds nothing.</remarks>
public sealed class PrefixWatch : IAsyncDisposable
{
    /// <summary>The only key that lacks the prefix. No tenant can have the name of its hash tag.</summary>
    internal const string Key = "weir:{~0}:prefixes";

    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Gone = 4 * Every;
    private static readonly RedisScript Script = new("prefixes.lua");

    private readonly Func<IScriptWire?> _wire;
    private readonly string _prefix;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;
    private IReadOnlyList<string> _others = [];
    private int _isLooking;

    /// <summary>Publishes the store's prefix and reads the other prefixes every two seconds.</summary>
    public PrefixWatch(RedisStore store, TimeProvider time)
        : this(() => (store ?? throw new ArgumentNullException(nameof(store))).Wire, store.Options.Prefix, time)
    {
    }

    internal PrefixWatch(Func<IScriptWire?> wire, string prefix, TimeProvider time)
    {
        (_wire, _prefix, _time) = (wire, prefix, time);
        _timer = time.CreateTimer(static watch => _ = ((PrefixWatch)watch!).LookAsync(), this, TimeSpan.Zero, Every);
    }

    /// <summary>Raised when <see cref="Others"/> changes.</summary>
    public event Action? Changed;

    /// <summary>The other prefixes in alphabetical order; twenty at most.</summary>
    public IReadOnlyList<string> Others => Volatile.Read(ref _others);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _timer.DisposeAsync();

    private async Task LookAsync()
    {
        if (_wire() is not { IsConnected: true } wire || Interlocked.Exchange(ref _isLooking, 1) != 0)
            return;
        try
        {
            var call = new ScriptCall(Script);
            call.AddKey(Encoding.UTF8.GetBytes(Key));
            call.Add(Encoding.UTF8.GetBytes(_prefix));
            call.Add(Encoding.UTF8.GetBytes(Gone.TotalMicroseconds.ToString("F0", CultureInfo.InvariantCulture)));
            var reply = wire.Send(call, withText: true);
            await reply.Arrival.WaitAsync(Every, _time).ConfigureAwait(false);
            Learn(Encoding.UTF8.GetString(reply.Read()).Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        catch (RedisServerException refusal) when (refusal.Message.StartsWith("NOPERM", StringComparison.Ordinal))
        {
            await _timer.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The next interval tries again.
        }
        finally
        {
            Volatile.Write(ref _isLooking, 0);
        }
    }

    private void Learn(string[] others)
    {
        if (others.SequenceEqual(Interlocked.Exchange(ref _others, others)))
            return;
        Changed?.Invoke();
    }
}
