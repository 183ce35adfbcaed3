using System.Globalization;

namespace Weir;

/// <summary>
/// The tenant that a shard of the primary has for itself: its probe's bucket and its membership lie where the buckets
/// of this tenant do.
/// </summary>
internal static class ShardTenant
{
    /// <summary>
    /// Returns its name. No other tenant can be called this: <see cref="Bounds.IsTenant"/> knows no <c>~</c>.
    /// </summary>
    public static string Of(int shard) => "~" + shard.ToString(CultureInfo.InvariantCulture);
}
