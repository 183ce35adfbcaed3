namespace Weir;

/// <summary>A file in which a <see cref="MemoryStore"/> keeps its buckets over a restart.</summary>
/// <param name="path">Where; <paramref name="path"/> with <c>.new</c> behind it is used while writing.</param>
/// <param name="time">Tells how long the process was away.</param>
public sealed class SnapshotFile(string path, TimeProvider time)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>
    /// Writes the store's buckets: to a new file first, which then takes the old one's place in one step, so that there is
    /// a whole snapshot at every moment. The file is its owner's alone: its seed would let others choose keys that meet.
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
            Snapshot.Write(store, stream, UnixUs());
            stream.Flush(flushToDisk: true);
        }

        File.Move(fresh, path, overwrite: true);
    }

    /// <summary>Reads the buckets back into a store that has none yet. Null when there is no file; never throws for what is in it.</summary>
    public SnapshotRead? Read(MemoryStore store)
    {
        try
        {
            using var stream = new FileStream(path, new FileStreamOptions { BufferSize = 64 * 1024 });
            return Snapshot.Read(store, stream, UnixUs());
        }
        catch (Exception missing) when (missing is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return new SnapshotRead(0, 0, unreadable.Message);
        }
    }

    private long UnixUs() => (time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
