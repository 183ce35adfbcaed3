using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>
/// Keeps strings of texts that come again and again, so that a command with a known key allocates nothing. A text
/// replaces the one in its slot.
/// </summary>
/// <remarks>Safe for concurrent use: a slot is one reference, and strings never change.</remarks>
/// <param name="size">Strings at most; a power of two.</param>
internal sealed class TextCache(int size)
{
    /// <summary>Bytes of a text that is kept, at most.</summary>
    public const int MaxBytes = Bounds.MaxKeyBytes;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string?[] _texts = new string?[size];
    private readonly long _seed = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));

    /// <summary>Returns the string of a text; null if it is not well-formed UTF-8.</summary>
    public string? Of(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
            return Decode(utf8);
        ref string? slot = ref _texts[XxHash3.HashToUInt64(utf8, _seed) & (uint)(_texts.Length - 1)];
        string? kept = slot;
        if (kept is not null && IsSame(kept, utf8))
            return kept;
        string? text = Decode(utf8);
        if (text is not null)
            Volatile.Write(ref slot, text);
        return text;
    }

    private static bool IsSame(string text, ReadOnlySpan<byte> utf8)
    {
        if (Ascii.Equals(utf8, text))
            return true;
        if (text.Length > utf8.Length || text.Length == utf8.Length)
            return false;
        // The rest has characters of several bytes.
        Span<byte> bytes = stackalloc byte[3 * MaxBytes];
        return Encoding.UTF8.TryGetBytes(text, bytes, out int length) && bytes[..length].SequenceEqual(utf8);
    }

    private static string? Decode(ReadOnlySpan<byte> utf8)
    {
        if (!System.Text.Unicode.Utf8.IsValid(utf8))
            return null;
        return Strict.GetString(utf8);
    }
}
