using System.Buffers;

namespace Weir;

/// <summary>An open file of live data: a snapshot and later changes, as lines of LiveLine. Not thread-safe.</summary>
internal sealed class LiveLog : IDisposable
{
    private const int FlushBytes = 1 << 20;

    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdef"u8);

    private readonly FileStream _file;
    private readonly LiveLineWriter _lines = new();

    private LiveLog(string path, FileMode mode)
    {
        Path = path;
        // Share the file: a backup may read it, and a compaction replaces it while it is open.
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete, BufferSize = 0 };
        if (!OperatingSystem.IsWindows() && mode == FileMode.Create)
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        _file = new FileStream(path, options);
    }

    public string Path { get; private set; }

    public long Length { get; private set; }

    public long SnapshotLength { get; private set; }

    public static LiveLog Create(string path, LiveSnapshot snapshot)
    {
        var log = new LiveLog(path, FileMode.Create);
        try
        {
            log.Write(snapshot);
            return log;
        }
        catch (IOException)
        {
            log.Dispose();
            File.Delete(path);
            throw;
        }
    }

    /// <summary>True if a file exists that is unreadable, or that no writer of live data can have left.</summary>
    public static bool IsForeign(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            Span<byte> bytes = stackalloc byte[LiveLine.Digits + 1];
            var begin = bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
            return begin[..Math.Min(begin.Length, LiveLine.Digits)].ContainsAnyExcept(HexDigits)
                || (begin.Length > LiveLine.Digits && begin[LiveLine.Digits] != '\t');
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    // Opens a file and reads it into the state. Truncates an incomplete last line, which a crash leaves.
    public static LiveLog Open(string path, LiveState state, out long torn)
    {
        var log = new LiveLog(path, FileMode.Open);
        try
        {
            var reader = new LiveLogReader(path, log._file, state);
            reader.Read();
            (log.Length, log.SnapshotLength) = (reader.Length, reader.SnapshotLength);
            torn = log._file.Length - log.Length;
            if (torn > 0)
                log.CutOff();
            return log;
        }
        catch
        {
            log.Dispose();
            throw;
        }
    }

    // Appends a change and flushes it to disk. After a failure, the next append removes the partial line.
    public void Append(LiveChange change, string? value)
    {
        if (_file.Length != Length)
            CutOff();
        _lines.WriteChange(LiveLine.Change, change, value);
        Flush();
    }

    public void Append(LiveLog other, long from, long to)
    {
        byte[] bytes = new byte[FlushBytes];
        while (from < to)
        {
            int read = RandomAccess.Read(other._file.SafeFileHandle, bytes.AsSpan(0, (int)Math.Min(bytes.Length, to - from)), from);
            if (read == 0)
                throw new IOException($"{other.Path} is shorter than it was");
            RandomAccess.Write(_file.SafeFileHandle, bytes.AsSpan(0, read), Length);
            (from, Length) = (from + read, Length + read);
        }

        RandomAccess.FlushToDisk(_file.SafeFileHandle);
    }

    public void Rename(string path)
    {
        File.Move(Path, path, overwrite: true);
        Path = path;
    }

    public void FlushName() => FolderSync.Flush(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(Path))!);

    public void Dispose() => _file.Dispose();

    private void CutOff()
    {
        _file.SetLength(Length);
        RandomAccess.FlushToDisk(_file.SafeFileHandle);
    }

    private void Write(LiveSnapshot snapshot)
    {
        _lines.WriteBegin(snapshot.Version, snapshot.Entries.Length + snapshot.Changes.Length + snapshot.Texts.Length);
        foreach (var entry in snapshot.Entries)
        {
            _lines.WriteEntry(LiveLine.Entry, entry);
            FlushIfLong();
        }

        foreach (var change in snapshot.Changes)
            _lines.WriteChange(LiveLine.Past, change, change.Deleted ? null : "");
        foreach (var text in snapshot.Texts)
        {
            _lines.WriteEntry(LiveLine.Text, text);
            FlushIfLong();
        }

        Flush();
        SnapshotLength = Length;
    }

    // Flushes in steps: one large flush would delay changes that are flushed to the old file meanwhile.
    private void FlushIfLong()
    {
        if (_lines.Written.Length >= FlushBytes)
            Flush();
    }

    private void Flush()
    {
        try
        {
            RandomAccess.Write(_file.SafeFileHandle, _lines.Written, Length);
            RandomAccess.FlushToDisk(_file.SafeFileHandle);
            Length += _lines.Written.Length;
        }
        finally
        {
            _lines.Clear();
        }
    }
}
