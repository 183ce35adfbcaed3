using System.Globalization;

namespace Weir;

/// <summary>Reserved tenant of a shard. It places the shard's probe bucket and membership on the shard.</summary>
internal static class ShardTenant
{
    /// <summary>Returns the name. No real tenant has it: <see cref="Bounds.IsTenant"/> rejects <c>~</c>.</summary>
    public static string Of(int shard) => "~" + shard.ToString(CultureInfo.InvariantCulture);
}
