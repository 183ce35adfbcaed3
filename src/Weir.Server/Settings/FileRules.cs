namespace Weir.Server;

/// <summary>Finds unusable files, and write paths that would overwrite the file of another setting.</summary>
internal static class FileRules
{
    private const string Snapshot = "Weir:Memory:SnapshotPath", Live = "Weir:Live:Path";

    private static readonly StringComparer ByPath =
        OperatingSystem.IsLinux() ? StringComparer.Ordinal : StringComparer.OrdinalIgnoreCase;

    public static IEnumerable<string> FaultsOf(WeirOptions options)
    {
        if (options.PolicyFile is { } policies && FileFault.OfRead(policies) is { } unread)
            yield return $"Weir:PolicyFile: {unread}";
        var others = ReadBy(options).ToList();
        if (options.Live.Path is { } live)
        {
            if (FaultOf(live, FileLiveStore.Companions, others, () => FileLiveStore.FindFault(live)) is { } unkept)
                yield return $"{Live}: {unkept}";
            others.AddRange(FileLiveStore.Companions.Prepend("").Select(ending => (Live, live + ending)));
        }

        if (options.Memory.SnapshotPath is { } snapshot
            && FaultOf(snapshot, SnapshotFile.Companions, others, new SnapshotFile(snapshot).FindFault) is { } unwritten)
            yield return $"{Snapshot}: {unwritten}";
    }

    /// <summary>Returns the files that Weir only reads. Several settings may name the same file.</summary>
    private static IEnumerable<(string Setting, string Path)> ReadBy(WeirOptions options)
    {
        yield return ("Weir:PolicyFile", Service.PolicyFileOf(options));
        var secrets = SecretFile.Of(options).Select(file => (file.Setting, file.Path));
        foreach (var (setting, path) in secrets.Concat([("Weir:Redis:CaFile", options.Redis.CaFile),
            ("Weir:Redis:CertificateFile", options.Redis.CertificateFile), ("Weir:Redis:KeyFile", options.Redis.KeyFile)]))
        {
            if (path is not null)
                yield return (setting, path);
        }
    }

    private static string? FaultOf(string path, IReadOnlyList<string> companions,
        IEnumerable<(string Setting, string Path)> others, Func<string?> findFault)
    {
        string shown = ShownValue.Path(path);
        try
        {
            string real = RealPath.Of(path);
            foreach (var (setting, other) in others)
            {
                if (companions.Prepend("").Any(ending => ByPath.Equals(real + ending, RealPath.Of(other))))
                    return $"{shown} would be written over {setting}, which names the same file; name another file";
            }

            return findFault() is { } fault ? $"{shown} {fault}" : FileFault.OfWrite(path, real);
        }
        catch (IOException)
        {
            return $"{shown} has symbolic links that lead round in a circle; name another file";
        }
    }
}
