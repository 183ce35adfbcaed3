namespace Weir.Server;

internal static class FileFault
{
    /// <summary>Error codes of a full disk: ENOSPC and its Windows equivalent.</summary>
    private static readonly int[] NoSpace = [28, unchecked((int)0x80070070)];

    public static string? OfRead(string path)
    {
        string shown = ShownValue.Path(path);
        if (Directory.Exists(path))
            return $"{shown} is a folder; name a file in it";
        try
        {
            File.OpenRead(path).Dispose();
            return null;
        }
        catch (Exception absent) when (absent is FileNotFoundException or DirectoryNotFoundException)
        {
            return $"{shown} does not exist; make it, or name another file";
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return $"{shown} cannot be read by this user; let the user read it, or name another file";
        }
    }

    public static string? OfWrite(string path, string real)
    {
        string shown = ShownValue.Path(path);
        string folder = Path.GetDirectoryName(real)!;
        if (!Directory.Exists(folder))
            return $"the folder of {shown} does not exist; make it, or name another";
        try
        {
            // Create a trial file in the folder, because each file is first written beside its target.
            using var trial = new FileStream(Path.Combine(folder, Path.GetRandomFileName()), FileMode.CreateNew,
                FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            trial.WriteByte(0);
            return null;
        }
        catch (IOException full) when (NoSpace.Contains(full.HResult))
        {
            return $"the folder of {shown} is on a full disk; make room, or name another";
        }
        catch (Exception closed) when (closed is IOException or UnauthorizedAccessException)
        {
            return $"the folder of {shown} cannot be written by this user; let the user write to it, or name another";
        }
    }
}
