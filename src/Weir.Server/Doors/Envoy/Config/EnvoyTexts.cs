using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace Weir.Server;

/// <summary>The texts of Envoy's configuration, as they were read at one time.</summary>
internal sealed class EnvoyTexts
{
    private readonly string _path;
    private readonly List<(string File, string Text)> _texts = [];
    private readonly List<PolicyError> _faults = [];

    private EnvoyTexts(string path) => _path = path;

    /// <summary>True if the folder or one of the files cannot be read.</summary>
    public bool IsUnreadable => _faults.Count > 0;

    /// <summary>Hash of all names, texts and faults.</summary>
    public UInt128 Hash { get; private set; }

    /// <summary>Reads a file, or all files of a folder.</summary>
    public static EnvoyTexts Read(string path)
    {
        var texts = new EnvoyTexts(path);
        foreach (string file in texts.Guarded(path, EnvoyFiles.Of) ?? [])
        {
            if (texts.Guarded(file, DocumentFile.ReadText) is { } text)
                texts._texts.Add((file, text));
        }

        texts.Hash = texts.HashOfAll();
        return texts;
    }

    /// <exception cref="PolicyException">A text is wrong or missing; the exception holds all errors.</exception>
    public EnvoyConfig Load(bool mergeDomains)
    {
        var reader = new EnvoyReader(mergeDomains, _faults);
        foreach (var (file, text) in _texts)
            reader.Add(file, text);
        return reader.Finish();
    }

    private T? Guarded<T>(string path, Func<string, T> read)
        where T : class
    {
        try
        {
            return read(path);
        }
        catch (UnreadableDocumentException fault)
        {
            _faults.Add(new PolicyError(path, fault.Line, fault.Column, "", fault.Message));
            return null;
        }
    }

    private UInt128 HashOfAll()
    {
        var hash = new XxHash128();
        Append(hash, _path);
        foreach (var (file, text) in _texts)
        {
            Append(hash, file);
            Append(hash, text);
        }

        foreach (var fault in _faults)
            Append(hash, fault.ToString());
        return hash.GetCurrentHashAsUInt128();
    }

    // With its length, so that no two lists of texts have the same bytes.
    private static void Append(XxHash128 hash, string text)
    {
        hash.Append(BitConverter.GetBytes(text.Length));
        hash.Append(MemoryMarshal.AsBytes(text.AsSpan()));
    }
}
