namespace Weir;

/// <summary>Resolves symbolic links, so that two names of one file can be told from two files.</summary>
public static class RealPath
{
    /// <summary>As many links as Linux follows.</summary>
    private const int MaxLinks = 40;

    /// <summary>
    /// Returns the full path of a file without symbolic links, in its name and in its folders. The file need not exist.
    /// </summary>
    /// <param name="path">The file, absolute or in the current folder.</param>
    /// <exception cref="IOException">The links lead round in a circle.</exception>
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
