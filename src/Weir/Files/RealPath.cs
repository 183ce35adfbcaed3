namespace Weir;

/// <summary>Resolves symbolic links, so that two paths of one file compare equal.</summary>
public static class RealPath
{
    /// <summary>Maximum number of symbolic links in a path, as in Linux.</summary>
    private const int MaxLinks = 40;

    /// <summary>Returns a file's full path without symbolic links. The file need not exist.</summary>
    /// <exception cref="IOException">The links form a circle.</exception>
    public static string Of(string path)
    {
        int links = 0;
        return Of(Path.GetFullPath(path), ref links);
    }

    private static string Of(string path, ref int links)
    {
        if (Path.GetDirectoryName(path) is not { } parent)
            return path;
        string folder = Of(parent, ref links);
        string real = Path.Combine(folder, Path.GetFileName(path));
        if (new FileInfo(real).LinkTarget is not { } target)
            return real;
        if (++links > MaxLinks)
            throw new IOException($"{path}: its symbolic links lead round in a circle");
        return Of(Path.GetFullPath(target, folder), ref links);
    }
}
