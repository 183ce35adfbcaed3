using System.Text.Encodings.Web;

namespace Weir.Server;

/// <summary>Formats keys for output. Counters hold plain keys, so <c>Weir:Keys:Hash</c> is applied here.</summary>
internal sealed class ShownKeys
{
    private readonly Func<string, string> _show;

    public ShownKeys()
        : this(key => key)
    {
    }

    public ShownKeys(Func<string, string> show) => _show = show;

    public string Of(string key) => _show(key);

    /// <summary>Formats a key for a log line: escapes the key as in JSON, and invisible characters too.</summary>
    public string InLine(string key) => LogText.Escape(JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(_show(key)));
}
