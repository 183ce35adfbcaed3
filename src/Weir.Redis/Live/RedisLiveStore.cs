using System.Globalization;
using System.Text.Json;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Live data in Redis, for all instances: each learns of a change by a message, or at the latest when it reads the next time.</summary>
/// <param name="options">The prefix of all keys.</param>
/// <param name="connection">The connection, once there is one.</param>
/// <param name="time">Says when a change was made.</param>
public sealed class RedisLiveStore(RedisOptions options, Task<ConnectionMultiplexer> connection, TimeProvider time) : ILiveStore
{
    private const string Kept = "live";
    private static readonly string Script = Load();

    private readonly RedisKey[] _keys = [.. new[] { "version", "entries", "changes", "texts", "text-versions" }.Select(name => (RedisKey)$"{options.Prefix}:{{~{Kept}}}:{name}")];
    private readonly RedisChannel _channel = RedisChannel.Literal($"{options.Prefix}:{{~{Kept}}}:changed");
    private int _listening;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public Task<LiveRead?> ReadAsync(long since) => TryAsync(async database =>
    {
        await ListenAsync().ConfigureAwait(false);
        long version = (long?)await database.StringGetAsync(_keys[0]).ConfigureAwait(false) ?? 0;
        if (version <= since)
            return new LiveRead(version, [], since == 0);
        var names = since == 0 ? null : await ChangedSinceAsync(database, since).ConfigureAwait(false);
        if (names is null)
        {
            var all = await database.HashGetAllAsync(_keys[1]).ConfigureAwait(false);
            return new LiveRead(version, [.. all.Select(entry => EntryOf(entry.Name!, entry.Value!))], IsWhole: true);
        }

        // What is not there any more was deleted, and forgotten meanwhile.
        var values = await database.HashGetAsync(_keys[1], names).ConfigureAwait(false);
        return new LiveRead(version, [.. names.Zip(values).Select(pair => EntryOf(pair.First!, (string?)pair.Second ?? $"{version} -"))], IsWhole: false);
    });

    /// <inheritdoc/>
    public async Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, long known, bool exact = false)
    {
        RedisValue[] arguments =
        [
            "write", $"{kind}/{id}", value is null ? "-" : "+" + value, expected is { } version ? version : "", who,
            time.GetUtcNow().ToUnixTimeMilliseconds(), LiveBounds.MaxChanges, LiveBounds.MaxTexts, (string)_channel!, known,
            exact ? "exact" : "", LiveBounds.MaxTextTotal, who == LiveBounds.Expiry ? "" : "remember",
        ];
        var reply = await TryAsync(async database => (long[]?)await database.ScriptEvaluateAsync(Script, _keys, arguments).ConfigureAwait(false)).ConfigureAwait(false);
        return reply is null ? new LiveWrite(LiveOutcome.Unavailable, 0) : new LiveWrite(OutcomeOf(reply[0]), reply[1]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most) => TryAsync<IReadOnlyList<LiveChange>>(async database =>
    {
        var changes = await database.ListRangeAsync(_keys[2]).ConfigureAwait(false);
        return [.. changes.Select(change => ChangeOf(change!)).Where(change => change.Version < before).Take(most)];
    });

    /// <inheritdoc/>
    public Task<LiveEntry?> RecallAsync(long version) => TryAsync(async database =>
    {
        string? text = await database.HashGetAsync(_keys[3], version).ConfigureAwait(false);
        if (text is null)
            return null;
        int line = text.IndexOf('\n', StringComparison.Ordinal);
        return EntryOf(text[..line], $"{version} {text[(line + 1)..]}");
    });

    /// <inheritdoc/>
    public Task RestoreAsync(LiveRead known) => TryAsync(async database =>
    {
        var arguments = new List<RedisValue> { "restore", known.Version };
        foreach (var entry in known.Entries)
            arguments.AddRange([$"{entry.Kind}/{entry.Id}", $"{entry.Version} {(entry.Value is null ? "-" : "+" + entry.Value)}"]);
        return await database.ScriptEvaluateAsync(Script, _keys, [.. arguments]).ConfigureAwait(false);
    });

    /// <summary>What has changed since a version; null when that is longer ago than is remembered.</summary>
    private async Task<RedisValue[]?> ChangedSinceAsync(IDatabase database, long since)
    {
        var changes = await database.ListRangeAsync(_keys[2]).ConfigureAwait(false);
        var later = changes.Select(change => ChangeOf(change!)).TakeWhile(change => change.Version > since).ToList();
        return later.Count == 0 || later[^1].Version != since + 1 ? null : [.. later.Select(change => (RedisValue)$"{change.Kind}/{change.Id}").Distinct()];
    }

    private async Task ListenAsync()
    {
        if (Interlocked.Exchange(ref _listening, 1) != 0)
            return;
        try
        {
            await connection.Result.GetSubscriber().SubscribeAsync(_channel, (_, _) => Changed?.Invoke()).ConfigureAwait(false);
        }
        catch (RedisException)
        {
            // The next reading tries again; until then, reading alone tells.
            Volatile.Write(ref _listening, 0);
        }
    }

    private async Task<T?> TryAsync<T>(Func<IDatabase, Task<T>> ask)
        where T : class?
    {
        if (!connection.IsCompletedSuccessfully)
            return null;
        try
        {
            return await ask(connection.Result.GetDatabase()).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or JsonException or FormatException or InvalidCastException)
        {
            return null;
        }
    }

    private static LiveOutcome OutcomeOf(long reply) => reply switch
    {
        1 => LiveOutcome.Written,
        0 => LiveOutcome.Conflict,
        -2 => LiveOutcome.Outdated,
        -3 => LiveOutcome.Absent,
        _ => LiveOutcome.Behind,
    };

    private static LiveEntry EntryOf(string name, string value)
    {
        int slash = name.IndexOf('/', StringComparison.Ordinal), space = value.IndexOf(' ', StringComparison.Ordinal);
        long version = long.Parse(value.AsSpan(0, space), CultureInfo.InvariantCulture);
        return new LiveEntry(name[..slash], name[(slash + 1)..], version, value[space + 1] == '-' ? null : value[(space + 2)..]);
    }

    private static LiveChange ChangeOf(string json)
    {
        using var document = JsonDocument.Parse(json);
        var change = document.RootElement;
        string name = change.GetProperty("n").GetString()!;
        int slash = name.IndexOf('/', StringComparison.Ordinal);
        return new LiveChange(
            change.GetProperty("v").GetInt64(),
            name[..slash],
            name[(slash + 1)..],
            change.GetProperty("b").GetInt64(),
            change.GetProperty("d").GetBoolean(),
            change.GetProperty("w").GetString()!,
            DateTimeOffset.FromUnixTimeMilliseconds((long)change.GetProperty("t").GetDouble()));
    }

    private static string Load()
    {
        using var stream = typeof(RedisLiveStore).Assembly.GetManifestResourceStream("live.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
