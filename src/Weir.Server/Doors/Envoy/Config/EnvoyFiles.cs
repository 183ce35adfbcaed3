namespace Weir.Server;

/// <summary>Finds the files of Envoy's configuration.</summary>
internal static class EnvoyFiles
{
    /// <summary>Maximum number of files in a folder.</summary>
    public const int MaxFiles = 1_000;

    private static readonly string[] Endings = [".yaml", ".yml", ".json"];

    private static readonly EnumerationOptions Nested = new()
    {
        RecurseSubdirectories = true,
        MaxRecursionDepth = 4,
        AttributesToSkip = 0,
        IgnoreInaccessible = false,
    };

    /// <summary>Loads a file, or all files in a folder that end with .yaml, .yml or .json.</summary>
    /// <exception cref="PolicyException">A file cannot be read or is wrong; the exception holds all errors.</exception>
    public static EnvoyConfig Load(string path, bool mergeDomains) => EnvoyTexts.Read(path).Load(mergeDomains);

    /// <summary>Returns the path of a file, or the paths of all visible files below a folder, sorted.</summary>
    /// <exception cref="UnreadableDocumentException">The folder has no file, or too many.</exception>
    public static IReadOnlyList<string> Of(string path)
    {
        if (!Directory.Exists(path))
            return [path];
        try
        {
            string[] files =
            [
                .. Directory.EnumerateFiles(path, "*", Nested).Where(file => IsMeant(Path.GetRelativePath(path, file)))
                    .Take(MaxFiles + 1).Order(StringComparer.Ordinal),
            ];
            return files.Length switch
            {
                0 => throw Unusable("the folder has no file that ends with .yaml, .yml or .json: write one"),
                > MaxFiles => throw Unusable($"the folder has more than {MaxFiles} files: merge some of them"),
                _ => files,
            };
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"the folder cannot be read: {fault.Message}");
        }
    }

    // Kubernetes keeps the true files of a mounted map in a hidden folder.
    private static bool IsMeant(string file) => Endings.Contains(Path.GetExtension(file))
        && !file.Split(Path.DirectorySeparatorChar).Any(part => part[0] == '.');

    private static UnreadableDocumentException Unusable(string message) => new(0, 0, message);
}
