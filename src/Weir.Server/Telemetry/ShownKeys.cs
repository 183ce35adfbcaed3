using System.Text.Encodings.Web;

namespace Weir.Server;

/// <summary>
/// The one place where a key of a request is turned into what people are shown of it: in the decision log, in
/// <c>/admin/top</c> and of a candidate.
/// </summary>
/// <remarks>
/// The counters behind those hold keys as they came, in memory only; where <c>Weir:Keys:Hash</c> hashes keys it is done
/// here, when they are shown.
/// </remarks>
internal sealed class ShownKeys
{
    private readonly Func<string, string> _show;

    public ShownKeys()
        : this(key => key)
    {
    }

    /// <param name="show">Formats a key for output.</param>
    public ShownKeys(Func<string, string> show) => _show = show;

    /// <summary>Formats a key for output.</summary>
    public string Of(string key) => _show(key);

    /// <summary>Formats a key for a log line, between quotes: escaped as in JSON, invisible characters too.</summary>
    public string InLine(string key) => LogText.Escape(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(_show(key)));
}
