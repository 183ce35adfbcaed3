using System.Text.Json;
using System.Text.Json.Serialization;

namespace Weir;

/// <summary>Live data of one instance: in memory, and in a file if there is one, which is written whole with each change.</summary>
public sealed class FileLiveStore : ILiveStore
{
    private readonly Lock _gate = new();
    private readonly string? _path;
    private readonly TimeProvider _time;
    private readonly LiveFile _state;

    /// <summary>Opens the store.</summary>
    /// <param name="path">The file, which need not be there yet; null to keep nothing over a restart.</param>
    /// <param name="time">Says when a change was made.</param>
    /// <exception cref="IOException">The file cannot be read, or is none of ours.</exception>
    public FileLiveStore(string? path, TimeProvider time)
    {
        _path = path;
        _time = time;
        _state = path is not null && File.Exists(path) ? Read(path) : new LiveFile();
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <inheritdoc/>
    public Task<LiveRead?> ReadAsync(long since)
    {
        lock (_gate)
            return Task.FromResult<LiveRead?>(new LiveRead(_state.Version, [.. _state.Entries.Values.Where(entry => entry.Version > since)], since == 0));
    }

    /// <inheritdoc/>
    public Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, long known, bool exact = false)
    {
        LiveWrite written;
        lock (_gate)
            written = exact && _state.Version != known ? new LiveWrite(LiveOutcome.Outdated, _state.Version) : WriteLocked(kind, id, value, who, expected);
        if (written.Outcome == LiveOutcome.Written)
            Changed?.Invoke();
        return Task.FromResult(written);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<LiveChange>?>([.. Enumerable.Reverse(_state.Changes).Where(change => change.Version < before).Take(most)]);
    }

    /// <inheritdoc/>
    public Task<LiveEntry?> RecallAsync(long version)
    {
        lock (_gate)
            return Task.FromResult(_state.Texts.Find(entry => entry.Version == version));
    }

    /// <inheritdoc/>
    public Task RestoreAsync(LiveRead known) => Task.CompletedTask;

    private LiveWrite WriteLocked(string kind, string id, string? value, string who, long? expected)
    {
        string name = $"{kind}/{id}";
        long before = _state.Entries.TryGetValue(name, out var old) && old.Value is not null ? old.Version : 0;
        if (expected is { } version && version != before)
            return new LiveWrite(LiveOutcome.Conflict, before);
        if (value is null && before == 0)
            return new LiveWrite(LiveOutcome.Absent, 0);
        var entry = new LiveEntry(kind, id, _state.Version + 1, value);
        var next = _state.With(name, entry, new LiveChange(entry.Version, kind, id, before, value is null, who, _time.GetUtcNow()));
        if (_path is not null && !TryWrite(_path, next))
            return new LiveWrite(LiveOutcome.Unavailable, before);
        _state.Become(next);
        return new LiveWrite(LiveOutcome.Written, entry.Version);
    }

    /// <summary>To a new file first, which then takes the old one's place in one step, so that there is a whole one at every moment.</summary>
    private static bool TryWrite(string path, LiveFile state)
    {
        try
        {
            string fresh = path + ".new";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            using (var stream = new FileStream(fresh, options))
            {
                JsonSerializer.Serialize(stream, state, LiveFileJson.Default.LiveFile);
                stream.Flush(flushToDisk: true);
            }

            File.Move(fresh, path, overwrite: true);
            return true;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static LiveFile Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize(stream, LiveFileJson.Default.LiveFile) ?? throw new JsonException("it is empty");
        }
        catch (Exception unreadable) when (unreadable is JsonException or UnauthorizedAccessException)
        {
            // Not ignored as a snapshot is: limits that somebody set would silently not hold.
            throw new IOException($"the live data in {path} cannot be read ({unreadable.Message}): mend the file, or move it away to begin anew", unreadable);
        }
    }
}

/// <summary>The file of live data: JSON, whole.</summary>
internal sealed class LiveFile
{
    public long Version { get; set; }

    public Dictionary<string, LiveEntry> Entries { get; set; } = [];

    public List<LiveChange> Changes { get; set; } = [];

    public List<LiveEntry> Texts { get; set; } = [];

    public LiveFile With(string name, LiveEntry entry, LiveChange change)
    {
        var next = new LiveFile { Version = entry.Version, Entries = new(Entries) { [name] = entry }, Changes = [.. Changes, change], Texts = [.. Texts] };
        // Nobody goes back to what has ended by itself, and so it pushes out nothing that somebody may go back to.
        if (change.Who != LiveBounds.Expiry)
            next.Texts.Add(entry);
        foreach (var old in next.Changes.Take(next.Changes.Count - LiveBounds.MaxChanges).Where(old => old.Deleted))
        {
            // What was deleted so long ago need not be told of any more.
            string gone = $"{old.Kind}/{old.Id}";
            if (next.Entries.TryGetValue(gone, out var left) && left.Version == old.Version)
                next.Entries.Remove(gone);
        }

        next.Changes.RemoveRange(0, Math.Max(0, next.Changes.Count - LiveBounds.MaxChanges));
        long total = next.Texts.Sum(text => (long)(text.Value?.Length ?? 0));
        while (next.Texts.Count > LiveBounds.MaxTexts || (total > LiveBounds.MaxTextTotal && next.Texts.Count > 1))
        {
            total -= next.Texts[0].Value?.Length ?? 0;
            next.Texts.RemoveAt(0);
        }

        return next;
    }

    public void Become(LiveFile next) => (Version, Entries, Changes, Texts) = (next.Version, next.Entries, next.Changes, next.Texts);
}

[JsonSerializable(typeof(LiveFile))]
internal sealed partial class LiveFileJson : JsonSerializerContext;
