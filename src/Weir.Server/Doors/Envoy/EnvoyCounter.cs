using System.Security.Cryptography;
using System.Text;

namespace Weir.Server;

/// <summary>A counter that a request spends from, for one or several of its descriptors.</summary>
internal sealed class EnvoyCounter(string text, EnvoyLimit limit)
{
    private const int Least = 32;

    /// <summary>Entries as <c>key=value|key=value</c>, or their hash if they are longer than an attribute.</summary>
    public string Text { get; } = text;

    /// <summary>Limit of the counter: the lowest one if descriptors bring different limits.</summary>
    public EnvoyLimit Limit { get; private set; } = limit;

    /// <summary>Sum of the descriptors' hits.</summary>
    public long Hits { get; private set; }

    /// <summary>True if no descriptor enforces the limit.</summary>
    public bool IsShadow { get; private set; } = true;

    /// <summary>True if all descriptors that enforce the limit have a quota rule.</summary>
    public bool IsQuota { get; private set; } = true;

    /// <summary>True for a counter that is asked, but not spent from.</summary>
    public bool IsCheck => Hits == 0;

    /// <summary>Result of the counter in the last decision.</summary>
    public LimitDecision Line { get; set; }

    public void Add(EnvoyLimit limit, long hits, bool isShadow, bool isQuota)
    {
        if (limit.RequestsPerUnit < Limit.RequestsPerUnit)
            Limit = limit;
        Hits += hits;
        IsShadow &= isShadow;
        IsQuota &= isShadow || isQuota;
    }

    public static string TextOf(IReadOnlyList<EnvoyEntry> entries)
    {
        var text = new StringBuilder(Least);
        foreach (var (key, value) in entries)
        {
            Append(text.Append(text.Length > 0 ? "|" : ""), key);
            Append(text.Append('='), value);
        }

        string spelled = text.ToString();
        int most = spelled.Length * 3;
        return most <= Bounds.MaxAttributeBytes || Encoding.UTF8.GetByteCount(spelled) <= Bounds.MaxAttributeBytes
            ? spelled
            // No other text begins without a key and its =.
            : $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(spelled)))}";
    }

    private static void Append(StringBuilder text, string part)
    {
        foreach (char c in part)
            text.Append(c is '\\' or '=' or '|' ? "\\" : "").Append(c);
    }
}
