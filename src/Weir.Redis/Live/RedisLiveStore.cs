using System.Security.Cryptography;
using StackExchange.Redis;

namespace Weir.Redis;

/// <summary>Stores live data in Redis. Instances learn of a change by a message, or by their next read.</summary>
/// <remarks>The script <c>live.lua</c> has the rules. Its calls are short, so that decisions do not wait.</remarks>
/// <param name="options">Options with the prefix of all keys.</param>
/// <param name="connection">Task that completes with the connection.</param>
/// <param name="time">Clock that dates the changes.</param>
public sealed class RedisLiveStore(RedisOptions options, Task<ConnectionMultiplexer> connection, TimeProvider time) : ILiveStore
{
    /// <summary>Maximum entries and characters per call that reads or restores entries.</summary>
    private const int PartEntries = 250, PartLength = 64 * 1024;

    /// <summary>Milliseconds without a call after which an instance that restores lost data counts as dead.</summary>
    private const int ClaimMs = 5_000;

    /// <summary>Maximum number of changes by other instances between two calls of a read.</summary>
    private const int ChangesBetween = 16;

    private static readonly string Script = Load();

    private readonly RedisKey[] _keys =
        [.. new[] { "state", "changes", "texts", "restoring" }.Select(name => (RedisKey)$"{options.Prefix}:{{~live}}:{name}")];

    private readonly RedisChannel _channel = RedisChannel.Literal($"{options.Prefix}:{{~live}}:changed");
    private int _listening;
    private bool _hasTold;

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public string? Fault { get; private set; }

    private RedisKey State => _keys[0];

    private RedisKey Changes => _keys[1];

    private RedisKey Texts => _keys[2];

    /// <inheritdoc/>
    public Task<LiveRead?> ReadAsync(LiveVersion known) => TryAsync(async database =>
    {
        await ListenAsync().ConfigureAwait(false);
        var look = await LookAsync(database, known).ConfigureAwait(false);
        if (look.Loss is { } loss)
        {
            await TellOthersAsync(database).ConfigureAwait(false);
            return new LiveRead(known, [], IsWhole: false) { Loss = loss };
        }

        _hasTold = false;
        if (look.Version == known)
            return new LiveRead(known, [], IsWhole: false);
        var read = await ReadChangesAsync(database, known, look.Version).ConfigureAwait(false) ?? await ReadAllAsync(database, look.Version).ConfigureAwait(false);
        // Ignores the read if data was lost between its calls: lost entries look deleted, even if restored since.
        return await database.HashGetAsync(State, LiveFormat.Life).ConfigureAwait(false) == look.Life ? read : null;
    });

    /// <inheritdoc/>
    public async Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, LiveVersion known, bool exact = false)
    {
        long[]? reply = await TryAsync(async database => (long[]?)await RunAsync(
            database, "write", LiveFormat.NameOf(kind, id), value is null ? "-" : "+" + value, expected is { } version ? version : "", who,
            time.GetUtcNow().ToUnixTimeMilliseconds(), LiveBounds.MaxChanges, LiveBounds.MaxTexts, (string)_channel!, known.History, known.Number,
            exact ? "exact" : "", LiveBounds.MaxTextTotal, who == LiveBounds.Expiry ? "" : "remember").ConfigureAwait(false)).ConfigureAwait(false);
        return reply is null ? new LiveWrite(LiveOutcome.Unavailable, 0) : new LiveWrite(OutcomeOf(reply[0]), reply[1]);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most) => TryAsync<IReadOnlyList<LiveChange>>(async database =>
    {
        var changes = await database.ListRangeAsync(Changes).ConfigureAwait(false);
        return [.. changes.Select(change => LiveFormat.ReadChange(change!)).OfType<LiveChange>().Where(change => change.Version < before).Take(most)];
    });

    /// <inheritdoc/>
    public Task<LiveEntry?> RecallAsync(long version) => TryAsync(async database =>
    {
        string? text = await database.HashGetAsync(Texts, version).ConfigureAwait(false);
        return text is null ? null : LiveFormat.ReadText(version, text);
    });

    /// <inheritdoc/>
    /// <remarks>One instance restores at a time, in several calls. Until the last call, reads report a loss.</remarks>
    public async Task<bool> RestoreAsync(LiveRead known)
    {
        string token = Convert.ToHexString(RandomNumberGenerator.GetBytes(8));
        object? restored = await TryAsync<object>(async database =>
        {
            if (!await IsDoneAsync(database, "begin", token, ClaimMs, known.Version.History, known.Version.Number, known.Entries.Count).ConfigureAwait(false))
                return false;
            foreach (var part in PartsOf(known.Entries))
            {
                if (!await IsDoneAsync(database, ["put", token, ClaimMs, .. part]).ConfigureAwait(false))
                    return false;
            }

            return await IsDoneAsync(database, "finish", token, (string)_channel!).ConfigureAwait(false);
        }).ConfigureAwait(false);
        return restored is true;
    }

    /// <inheritdoc/>
    public Task AcceptLossAsync() => TryAsync<object>(async database =>
        await IsDoneAsync(database, "accept", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4))).ConfigureAwait(false));

    /// <summary>Splits entries into arguments of several calls. Never cuts an entry, however long it is.</summary>
    private static IEnumerable<List<RedisValue>> PartsOf(IReadOnlyList<LiveEntry> entries)
    {
        var part = new List<RedisValue>();
        int length = 0;
        foreach (var entry in entries)
        {
            part.AddRange([LiveFormat.NameOf(entry.Kind, entry.Id), LiveFormat.ValueOf(entry)]);
            length += entry.Value?.Length ?? 0;
            if (part.Count < 2 * PartEntries && length < PartLength)
                continue;
            yield return part;
            (part, length) = ([], 0);
        }

        if (part.Count > 0)
            yield return part;
    }

    private async Task<(LiveVersion Version, LiveLoss? Loss, string Life)> LookAsync(IDatabase database, LiveVersion known)
    {
        var reply = (RedisResult[])(await RunAsync(database, "look", known.History, known.Number).ConfigureAwait(false))!;
        var version = new LiveVersion((string)reply[1]!, (long)reply[2]);
        string? reason = (int)reply[0] switch
        {
            0 => null,
            1 => "there is none",
            2 => $"{(long)reply[3]} of {(long)reply[4]} entries are left",
            3 => $"it is of version {version.Number}, and version {known.Number} is known",
            _ => $"it began anew, and is of version {version.Number}",
        };
        return (version, reason is null ? null : new LiveLoss(reason, IsNew: (int)reply[0] == 1, IsBeingRestored: (int)reply[5] == 1), (string)reply[6]!);
    }

    /// <summary>Tells other instances to read, once per loss: they may know the entries that Redis lost.</summary>
    private async Task TellOthersAsync(IDatabase database)
    {
        if (_hasTold)
            return;
        _hasTold = true;
        await database.PublishAsync(_channel, "lost").ConfigureAwait(false);
    }

    /// <summary>Returns the entries that changed since a version; null if the trail lacks some changes.</summary>
    private async Task<LiveRead?> ReadChangesAsync(IDatabase database, LiveVersion known, LiveVersion now)
    {
        long count = now.Number - known.Number;
        if (known.History != now.History || count is < 1 or > LiveBounds.MaxChanges)
            return null;
        // Reads a few more changes: other instances may have made some since the version was read.
        var trail = await database.ListRangeAsync(Changes, 0, count + ChangesBetween).ConfigureAwait(false);
        var later = trail.Select(change => LiveFormat.ReadChange(change!)).TakeWhile(change => change?.Version > known.Number).ToList();
        if (later.Count == 0 || later[0]!.Version - known.Number != later.Count)
            return null;
        var names = later.Select(change => (change!.Kind, change.Id)).Distinct().ToList();
        var values = await database.HashGetAsync(State, [.. names.Select(name => (RedisValue)LiveFormat.NameOf(name.Kind, name.Id))]).ConfigureAwait(false);
        var entries = names.Zip(values, (name, value) =>
            LiveFormat.TryReadEntry(LiveFormat.NameOf(name.Kind, name.Id), (string?)value ?? "", out var entry) ? entry : new LiveEntry(name.Kind, name.Id, now.Number, null));
        return new LiveRead(now with { Number = later[0]!.Version }, [.. entries], IsWhole: false);
    }

    /// <summary>Reads all entries in parts, then changes since the start. Returns null if data was lost.</summary>
    private async Task<LiveRead?> ReadAllAsync(IDatabase database, LiveVersion version)
    {
        var entries = new Dictionary<string, LiveEntry>(StringComparer.Ordinal);
        var unreadable = new List<string>();
        await foreach (var field in database.HashScanAsync(State, pageSize: PartEntries).ConfigureAwait(false))
        {
            string name = field.Name!;
            if (LiveFormat.TryReadEntry(name, field.Value!, out var entry))
                entries[name] = entry;
            else if (!LiveFormat.IsMeta(name))
                unreadable.Add($"the field {Shorten(name)} of {State} is no entry: delete it");
        }

        var (now, loss, _) = await LookAsync(database, version).ConfigureAwait(false);
        if (loss is not null || now.History != version.History)
            return null;
        var later = await ReadChangesAsync(database, version, now).ConfigureAwait(false);
        foreach (var entry in later?.Entries ?? [])
        {
            if (entry.Value is null)
                entries.Remove(LiveFormat.NameOf(entry.Kind, entry.Id));
            else
                entries[LiveFormat.NameOf(entry.Kind, entry.Id)] = entry;
        }

        return new LiveRead(later?.Version ?? version, [.. entries.Values], IsWhole: true) { Unreadable = unreadable };
    }

    private async Task ListenAsync()
    {
        if (Interlocked.Exchange(ref _listening, 1) != 0)
            return;
        try
        {
            await connection.Result.GetSubscriber().SubscribeAsync(_channel, (_, _) => Changed?.Invoke()).ConfigureAwait(false);
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The next read subscribes again. Until then, only reads find changes.
            Volatile.Write(ref _listening, 0);
        }
    }

    private async Task<bool> IsDoneAsync(IDatabase database, params RedisValue[] arguments) =>
        (int)await RunAsync(database, arguments).ConfigureAwait(false) == 1;

    private Task<RedisResult> RunAsync(IDatabase database, params RedisValue[] arguments) =>
        database.ScriptEvaluateAsync(Script, _keys, arguments);

    private async Task<T?> TryAsync<T>(Func<IDatabase, Task<T?>> ask)
        where T : class
    {
        if (!connection.IsCompletedSuccessfully)
            return null;
        try
        {
            var answer = await ask(connection.Result.GetDatabase()).ConfigureAwait(false);
            Fault = null;
            return answer;
        }
        catch (RedisServerException refused)
        {
            Fault = refused.Message;
            return null;
        }
        catch (Exception fault) when (fault is RedisException or TimeoutException or ObjectDisposedException)
        {
            // The outage of Redis is reported elsewhere.
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

    private static string Shorten(string name) => name.Length <= 64 ? name : name[..64] + "…";

    private static string Load()
    {
        using var stream = typeof(RedisLiveStore).Assembly.GetManifestResourceStream("live.lua")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
