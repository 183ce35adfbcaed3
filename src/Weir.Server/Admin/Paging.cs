using System.Globalization;

namespace Weir.Server;

/// <summary>How many entries a list shows at once: <c>?limit=</c>, 100 by default.</summary>
internal static class Paging
{
    private const int Most = 1_000;

    public static readonly Complaint BadLimit = new("limit", $"limit must be a whole number from 1 to {Most}");

    public static bool TryReadLimit(HttpContext http, out int limit)
    {
        limit = 100;
        string text = http.Request.Query["limit"].ToString();
        return text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Most);
    }
}
