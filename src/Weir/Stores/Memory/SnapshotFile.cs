namespace Weir;

/// <summary>Saves a <see cref="MemoryStore"/> across restarts. Never replaces a file that is no snapshot.</summary>
/// <param name="path">Path of the snapshot. Symbolic links are followed.</param>
public sealed class SnapshotFile(string path)
{
    private const string New = ".new", Damaged = ".damaged";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Suffixes of the files that are written beside the snapshot.</summary>
    public static IReadOnlyList<string> Companions { get; } = [New, Damaged];

    /// <summary>Returns why the file or a companion is unusable, as the end of a message; null if usable.</summary>
    /// <exception cref="IOException">The symbolic links form a circle.</exception>
    public string? FindFault()
    {
        string real = RealPath.Of(path);
        return FileKind.FaultOf(real, New, Damaged) ?? FaultOfContents(real)
            ?? (FaultOfContents(real + New) is null ? null
                : $"has a companion, of the ending {New}, that is no snapshot and would be lost; move the companion, or name another file");
    }

    /// <summary>Replaces the file atomically. Only its owner can read it: the seed allows chosen collisions.</summary>
    /// <exception cref="IOException">The file cannot be written, or has a fault (<see cref="FindFault"/>).</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Write(MemoryStore store)
    {
        string real = UsablePath();
        File.Delete(real + New);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(real + New, options))
        {
            Snapshot.Write(store, stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(real + New, real, overwrite: true);
    }

    /// <summary>Reads the file into an empty store; null if missing or empty. Renames a damaged file to
    /// <c>.damaged</c>.</summary>
    /// <exception cref="IOException">The file has a fault (<see cref="FindFault"/>), or cannot be renamed.</exception>
    public SnapshotRead? Read(MemoryStore store)
    {
        string real = UsablePath();
        var read = TryRead(store, real);
        if (read is not { Fault: not null })
            return read;
        try
        {
            File.Move(real, real + Damaged, overwrite: true);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{path} is a damaged snapshot ({read.Fault}) and cannot be moved to {real + Damaged}: {kept.Message}; move it", kept);
        }

        return read with { MovedTo = real + Damaged };
    }

    private static SnapshotRead? TryRead(MemoryStore store, string real)
    {
        try
        {
            using var stream = new FileStream(real, new FileStreamOptions { BufferSize = 64 * 1024 });
            return stream.Length == 0 ? null : Snapshot.Read(store, stream);
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return SnapshotRead.Failed(unreadable.Message);
        }
    }

    /// <summary>Returns why a file is not a snapshot; null if it is missing, or a snapshot, even a torn one.</summary>
    private static string? FaultOfContents(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            Span<byte> bytes = stackalloc byte[Snapshot.Magic.Length];
            int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            return Snapshot.Magic.StartsWith(bytes[..length]) ? null
                : "is no snapshot, and would be lost; name another file, or move this one away";
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return "cannot be read by this user; let the user read it, or name another file";
        }
    }

    private string UsablePath() => FindFault() is { } fault ? throw new IOException($"{path} {fault}") : RealPath.Of(path);
}
