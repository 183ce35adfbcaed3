using System.Text;

namespace Weir.Server;

/// <summary>
/// Decodes the headers with which proxies describe a request, in which a client can send any byte. A byte that is not
/// UTF-8 becomes <c>%XX</c>, as in a percent-encoded URL.
/// </summary>
internal static class OriginalEncoding
{
    private static readonly Encoding Lenient =
        Encoding.GetEncoding("utf-8", EncoderFallback.ReplacementFallback, new ToPercent());

    /// <summary>Returns the encoding of a header; null for strict UTF-8.</summary>
    public static Encoding? Of(string header) =>
        header.StartsWith("X-", StringComparison.OrdinalIgnoreCase) ? Lenient : null;

    private sealed class ToPercent : DecoderFallback
    {
        /// <summary>A broken sequence of UTF-8 has up to three bytes.</summary>
        public override int MaxCharCount => 3 * 3;

        public override DecoderFallbackBuffer CreateFallbackBuffer() => new Buffer();
    }

    private sealed class Buffer : DecoderFallbackBuffer
    {
        private string _text = "";
        private int _at;

        public override int Remaining => _text.Length - _at;

        public override bool Fallback(byte[] bytesUnknown, int index)
        {
            (_text, _at) = (string.Concat(bytesUnknown.Select(unknown => $"%{unknown:X2}")), 0);
            return true;
        }

        public override char GetNextChar() => _at < _text.Length ? _text[_at++] : '\0';

        public override bool MovePrevious()
        {
            bool isWithin = _at > 0;
            _at -= isWithin ? 1 : 0;
            return isWithin;
        }
    }
}
