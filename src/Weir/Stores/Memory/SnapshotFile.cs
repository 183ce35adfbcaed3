namespace Weir;

/// <summary>
/// Keeps a <see cref="MemoryStore"/> over a restart in a file: its buckets, permits, reservations and idempotency
/// records. A file that holds something else is never replaced.
/// </summary>
/// <param name="path">
/// The file, or a symbolic link to it. Beside it, while writing, is the file of that name with <c>.new</c> behind it,
/// and a damaged snapshot with <c>.damaged</c> behind it.
/// </param>
public sealed class SnapshotFile(string path)
{
    private const string New = ".new", Damaged = ".damaged";

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The endings of the files beside it.</summary>
    public static IReadOnlyList<string> Companions { get; } = [New, Damaged];

    /// <summary>
    /// Says why the file cannot be used, as the end of a sentence that begins with its name; null if it can. It is at
    /// fault if it, or a companion, is not a regular file, or holds something else than a snapshot.
    /// </summary>
    /// <exception cref="IOException">Its symbolic links lead round in a circle.</exception>
    public string? FindFault()
    {
        string real = RealPath.Of(path);
        return FileKind.FaultOf(real, New, Damaged) ?? FaultOfContents(real)
            ?? (FaultOfContents(real + New) is null ? null
                : $"has a companion, of the ending {New}, that is no snapshot and would be lost; move the companion, or name another file");
    }

    /// <summary>
    /// Writes the store to a new file, which then replaces the old one in one step, so that there is a whole snapshot
    /// at every moment. Only the owner may read it: its seed would let others choose keys that collide.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written, or is at fault (<see cref="FindFault"/>).</exception>
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

    /// <summary>
    /// Reads the file into an empty store. A damaged snapshot is moved aside to the name with <c>.damaged</c> behind
    /// it, where it replaces an older one. Null if there is no file, or an empty one.
    /// </summary>
    /// <exception cref="IOException">
    /// The file is at fault (<see cref="FindFault"/>), or is damaged and cannot be moved.
    /// </exception>
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

    /// <summary>The first bytes tell a snapshot, also a torn one, from anything else.</summary>
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
