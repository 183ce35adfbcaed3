namespace Weir;

/// <summary>Stores live data of one instance in memory, and appends each change to a file.</summary>
// Flushes a change to disk before it answers. Compactions bound the file to twice its content, or to 1 MiB beyond it.
public sealed class FileLiveStore : ILiveStore, IDisposable
{
    /// <summary>Minimum bytes of changes before a compaction, even if the snapshot is shorter.</summary>
    private const int LeastLog = 1 << 20;

    private const string LockEnding = ".lock", NewEnding = ".new";

    /// <summary>Name of the only history. A damaged file prevents the start, so no second history begins.</summary>
    private const string History = "file";

    private static readonly Task<bool> NothingLost = Task.FromResult(false);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly LiveState _state = new();
    private readonly FileStream? _owned;
    private readonly string[] _torn = [];
    private LiveLog? _log;
    private Task _compaction = Task.CompletedTask;
    private long _compactAt;
    private volatile string? _appendFault;
    private volatile string? _compactionFault;

    /// <summary>Opens a file, and creates it if missing. A null path keeps the data only in memory.</summary>
    /// <exception cref="IOException">The file is unusable or damaged, or in use (<c>path.lock</c>).</exception>
    public FileLiveStore(string? path, TimeProvider time)
    {
        _time = time;
        if (path is null)
            return;
        if (FindFault(path) is { } fault)
            throw new IOException($"{path} {fault}");
        path = RealPath.Of(path);
        try
        {
            _owned = Own(path);
            Use(File.Exists(path) ? LiveLog.Open(path, _state, out long torn) : Begin(path, out torn));
            _torn = torn == 0 ? [] : [$"{path} ended with {torn} bytes of a change that a crash had torn; that change is lost"];
        }
        catch (UnauthorizedAccessException denied)
        {
            _owned?.Dispose();
            throw new IOException($"{path}: the file of live data may not be read and written: {denied.Message}", denied);
        }
        catch
        {
            _owned?.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public event Action? Changed;

    /// <summary>Endings of the companion files: the lock, and the new file of a compaction.</summary>
    public static IReadOnlyList<string> Companions { get; } = [LockEnding, NewEnding];

    /// <inheritdoc/>
    public string? Fault => _appendFault ?? _compactionFault;

    internal Task Compaction
    {
        get
        {
            lock (_gate)
                return _compaction;
        }
    }

    /// <summary>Returns why a file or a companion cannot be used, as text to follow the path; null if usable.</summary>
    /// <exception cref="IOException">The symbolic links form a circle.</exception>
    public static string? FindFault(string path)
    {
        string real = RealPath.Of(path);
        return FileKind.FaultOf(real, LockEnding, NewEnding) ?? (LiveLog.IsForeign(real + NewEnding)
            ? $"has a companion, of the ending {NewEnding}, that is no live data and would be lost; move the companion, or name another file"
            : null);
    }

    /// <inheritdoc/>
    public Task<LiveRead?> ReadAsync(LiveVersion known)
    {
        lock (_gate)
        {
            var changed = known.History == History ? _state.ChangedSince(known.Number) : null;
            var version = new LiveVersion(History, _state.Version);
            return Task.FromResult<LiveRead?>(
                changed is null ? new LiveRead(version, _state.Entries(), IsWhole: true) { Unreadable = _torn } : new LiveRead(version, changed, IsWhole: false));
        }
    }

    /// <inheritdoc/>
    public Task<LiveWrite> WriteAsync(string kind, string id, string? value, string who, long? expected, LiveVersion known, bool exact = false)
    {
        LiveWrite written;
        lock (_gate)
            written = exact && _state.Version != known.Number ? new LiveWrite(LiveOutcome.Outdated, _state.Version) : WriteLocked(kind, id, value, who, expected);
        if (written.Outcome == LiveOutcome.Written)
            Changed?.Invoke();
        return Task.FromResult(written);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<LiveChange>?> AuditAsync(long before, int most)
    {
        lock (_gate)
            return Task.FromResult<IReadOnlyList<LiveChange>?>([.. _state.Changes().Where(change => change.Version < before).Take(most)]);
    }

    /// <inheritdoc/>
    public Task<LiveEntry?> RecallAsync(long version)
    {
        lock (_gate)
            return Task.FromResult(_state.Text(version));
    }

    /// <inheritdoc/>
    public Task<bool> RestoreAsync(LiveRead known) => NothingLost;

    /// <inheritdoc/>
    public Task AcceptLossAsync() => Task.CompletedTask;

    /// <summary>Waits for a compaction under way, and closes the file.</summary>
    public void Dispose()
    {
        Compaction.Wait();
        lock (_gate)
        {
            _log?.Dispose();
            _log = null;
        }

        _owned?.Dispose();
    }

    private static FileStream Own(string path)
    {
        try
        {
            return new FileStream(path + LockEnding, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (DirectoryNotFoundException)
        {
            throw new IOException($"{path}: the folder of the file of live data is not there; make it");
        }
        catch (IOException taken) when (taken is not FileNotFoundException and not PathTooLongException)
        {
            throw new IOException($"{path}: the file of live data is in use by another Weir; stop that one, or name another file in Weir:Live:Path", taken);
        }
    }

    private static LiveLog Begin(string path, out long torn)
    {
        torn = 0;
        var log = LiveLog.Create(path + NewEnding, new LiveState().Snapshot());
        log.Rename(path);
        log.FlushName();
        return log;
    }

    private LiveWrite WriteLocked(string kind, string id, string? value, string who, long? expected)
    {
        var judged = _state.Judge(kind, id, value, expected);
        if (judged.Outcome != LiveOutcome.Written)
            return judged;
        var change = new LiveChange(_state.Version + 1, kind, id, judged.Version, value is null, who, _time.GetUtcNow());
        if (_log is not null && !TryAppendLocked(_log, change, value))
            return new LiveWrite(LiveOutcome.Unavailable, judged.Version);
        _state.Make(change, value);
        if (_log?.Length >= _compactAt && _compaction.IsCompleted)
            BeginCompactionLocked(_log);
        return new LiveWrite(LiveOutcome.Written, change.Version);
    }

    private bool TryAppendLocked(LiveLog log, LiveChange change, string? value)
    {
        try
        {
            log.Append(change, value);
            _appendFault = null;
            return true;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            _appendFault = $"{log.Path}: {failed.Message}";
            return false;
        }
    }

    private void BeginCompactionLocked(LiveLog log)
    {
        var snapshot = _state.Snapshot();
        long from = log.Length;
        _compaction = Task.Run(() => Compact(log, snapshot, from));
    }

    // Writes the snapshot to a new file, copies the changes made meanwhile, and replaces the old file.
    private void Compact(LiveLog old, LiveSnapshot snapshot, long from)
    {
        LiveLog? compacted = null;
        try
        {
            compacted = LiveLog.Create(old.Path + NewEnding, snapshot);
            long to;
            lock (_gate)
                to = old.Length;
            compacted.Append(old, from, to);
            // Copies only the last few changes under the lock, so that new changes wait briefly.
            lock (_gate)
            {
                compacted.Append(old, to, old.Length);
                compacted.Rename(old.Path);
                Use(compacted);
                old.Dispose();
                compacted.FlushName();
            }

            _compactionFault = null;
        }
        catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
        {
            _compactionFault = $"{old.Path}: it cannot be compacted, and grows: {failed.Message}";
            lock (_gate)
            {
                if (_log == compacted)
                    return;
                compacted?.Dispose();
                _compactAt = old.Length + Math.Max(LeastLog, old.Length / 4);
            }
        }
    }

    private void Use(LiveLog log)
    {
        _log = log;
        _compactAt = log.SnapshotLength + Math.Max(LeastLog, log.SnapshotLength);
    }
}
