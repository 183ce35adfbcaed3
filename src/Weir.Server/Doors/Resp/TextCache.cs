using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;

namespace Weir.Server;

/// <summary>
/// Caches strings of frequent texts, so that a command with a frequent key allocates nothing. A new text replaces the
/// text in its slot.
/// </summary>
/// <remarks>
/// Safe for concurrent use: slots reference immutable strings. The tag of a slot avoids comparisons with most other
/// texts; a matching text is always compared.
/// </remarks>
internal sealed class TextCache(int size)
{
    /// <summary>Maximum bytes of a cached text.</summary>
    public const int MaxBytes = Bounds.MaxKeyBytes;

    private readonly string?[] _texts = new string?[size];
    private readonly uint[] _tags = new uint[size];
    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>Returns the string of a text; null if the bytes are not valid UTF-8.</summary>
    public string? Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
            return Decode(utf8);
        ulong hash = XxHash3.HashToUInt64(utf8, _seed);
        int slot = (int)(hash & (uint)(_texts.Length - 1));
        uint tag = (uint)(hash >> 32);
        if (_tags[slot] == tag && Volatile.Read(ref _texts[slot]) is { } kept && IsSame(kept, utf8))
            return kept;
        string? text = Decode(utf8);
        if (text is not null)
        {
            Volatile.Write(ref _texts[slot], text);
            _tags[slot] = tag;
        }

        return text;
    }

    private static bool IsSame(string text, ReadOnlySpan<byte> utf8)
    {
        if (text.Length == utf8.Length)
            return Ascii.Equals(utf8, text);
        // Compare as UTF-8, because the cached text has multi-byte characters or is a different text.
        Span<byte> bytes = stackalloc byte[MaxBytes];
        return Encoding.UTF8.TryGetBytes(text, bytes, out int length) && bytes[..length].SequenceEqual(utf8);
    }

    private static string? Decode(ReadOnlySpan<byte> utf8) =>
        Utf8.IsValid(utf8) ? Encoding.UTF8.GetString(utf8) : null;
}
