using System.Globalization;

namespace Weir.Server;

/// <summary>
/// A page of a list under <c>/admin</c>: what follows <c>?after=</c>, at most <c>?limit=</c> of it. <c>next</c> of the
/// answer is the <c>after</c> of the next page.
/// </summary>
/// <param name="After">What the page before said as <c>next</c>; empty for the first page.</param>
/// <param name="Limit">The largest number of items.</param>
internal readonly record struct Paging(string After, int Limit)
{
    public const int DefaultLimit = 100;

    private const int Most = 1_000;

    /// <summary>Reads the parameters, or returns their error.</summary>
    /// <param name="http">The request.</param>
    /// <param name="page">The page.</param>
    /// <param name="after">The name of the parameter that says where the page begins.</param>
    /// <param name="limit">The limit of a request that has none.</param>
    public static Complaint? Read(HttpContext http, out Paging page, string after = "after", int limit = DefaultLimit)
    {
        string text = http.Request.Query["limit"].ToString();
        bool isLimit = text.Length == 0 || (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= Most);
        page = new Paging(http.Request.Query[after].ToString(), limit);
        return isLimit ? null : new Complaint("limit", $"limit must be a whole number from 1 to {Most}");
    }

    /// <summary>The items of the page, and what the next one begins after; null when this is the last page.</summary>
    /// <param name="following">All items after <see cref="After"/>, in their order.</param>
    /// <param name="idOf">What an item is called as <c>next</c>.</param>
    public (IReadOnlyList<T> Items, string? Next) Cut<T>(IEnumerable<T> following, Func<T, string> idOf)
    {
        var items = following.Take(Limit + 1).ToList();
        if (items.Count <= Limit)
            return (items, null);
        items.RemoveAt(Limit);
        return (items, idOf(items[^1]));
    }
}
