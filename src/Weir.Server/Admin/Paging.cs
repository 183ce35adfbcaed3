using System.Globalization;

namespace Weir.Server;

/// <summary>Request for a page of a list. <c>next</c> of one page is <c>after</c> of the following page.</summary>
internal readonly record struct Paging(string After, int Limit)
{
    public const int DefaultLimit = 100;

    private const int Most = 1_000;

    public static Complaint? Read(HttpContext http, out Paging page, string after = "after", int limit = DefaultLimit)
    {
        string text = http.Request.Query["limit"].ToString();
        bool isLimit = text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Most);
        page = new Paging(http.Request.Query[after].ToString(), limit);
        return isLimit ? null : new Complaint("limit", $"limit must be a whole number from 1 to {Most}");
    }

    public (IReadOnlyList<T> Items, string? Next) Cut<T>(IEnumerable<T> following, Func<T, string> idOf)
    {
        var items = following.Take(Limit + 1).ToList();
        if (items.Count <= Limit)
            return (items, null);
        items.RemoveAt(Limit);
        return (items, idOf(items[^1]));
    }
}
