namespace Weir;

/// <summary>
/// Keeps a <see cref="MemoryStore"/> over a restart in a file: its buckets, permits, reservations and idempotency
/// records.
/// </summary>
/// <param name="path">The file; while writing, the file of that name with <c>.new</c> behind it.</param>
public sealed class SnapshotFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes the store to a new file, which then replaces the old one in one step, so that there is a whole snapshot
    /// at every moment. Only the owner may read it: its seed would let others choose keys that collide.
    /// </summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Write(MemoryStore store)
    {
        string fresh = path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 64 * 1024 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        using (var stream = new FileStream(fresh, options))
        {
            Snapshot.Write(store, stream);
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Reads the file into an empty store. Null if there is no file; never throws for its contents.</summary>
    public SnapshotRead? Read(MemoryStore store)
    {
        try
        {
            using var stream = new FileStream(path, new FileStreamOptions { BufferSize = 64 * 1024 });
            return Snapshot.Read(store, stream);
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
}
