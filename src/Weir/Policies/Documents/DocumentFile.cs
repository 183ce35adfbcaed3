using System.Text;

namespace Weir;

internal static class DocumentFile
{
    public static string ReadText(string path)
    {
        byte[] bytes = ReadBytes(path);
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(bytes);
        }
        catch (DecoderFallbackException fault)
        {
            var before = bytes.AsSpan(0, Math.Clamp(fault.Index, 0, bytes.Length));
            throw new UnreadableDocumentException(
                before.Count((byte)'\n') + 1, before.Length - before.LastIndexOf((byte)'\n'), "this is not UTF-8: save the file as UTF-8");
        }
    }

    private static byte[] ReadBytes(string path)
    {
        if (string.IsNullOrWhiteSpace(path))
            throw Unusable("the path is empty: name the policy file");
        if (Directory.Exists(path))
            throw Unusable("this is a directory: name the file in it");
        if (!File.Exists(path))
            throw Unusable($"there is no such file ({FullPath(path)}): write it, or name another one");
        try
        {
            using var file = File.OpenRead(path);
            using var content = new MemoryStream();
            byte[] buffer = new byte[1 << 16];
            for (int read; (read = file.Read(buffer)) > 0;)
            {
                content.Write(buffer, 0, read);
                // Check the size while reading, because a device or a growing file has no reliable length.
                if (content.Length > PolicyDocument.MaxBytes)
                    throw Unusable($"the file is larger than {PolicyDocument.MaxBytes >> 20} MiB: split the tenants over several services");
            }

            return content.ToArray();
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Unusable($"the file cannot be read: {fault.Message}");
        }
    }

    private static string FullPath(string path) => path.Contains('\0') ? Spelling.Quote(path) : Path.GetFullPath(path);

    private static UnreadableDocumentException Unusable(string message) => new(0, 0, message);
}
