namespace Weir.Server;

/// <summary>Most refused and most allowed keys or tenants of one instance.</summary>
/// <param name="Instance">Instance that counted. Each instance counts only its own decisions.</param>
/// <param name="Since">Start of the count, at most ten minutes ago.</param>
/// <param name="Tenant">Tenant of the listed keys; absent if tenants are listed.</param>
/// <param name="Unit">Unit of the counted costs; absent if takes are counted.</param>
/// <param name="Denied">Refused keys or tenants; absent if only allowed ones were requested.</param>
/// <param name="Allowed">Allowed keys or tenants; absent if only refused ones were requested.</param>
internal sealed record TopBody(string Instance, DateTimeOffset Since, string? Tenant, string? Unit, TopListBody? Denied, TopListBody? Allowed);

/// <summary>A page of keys or tenants, most frequent first.</summary>
/// <param name="Total">Number of all counted takes, or their total cost.</param>
/// <param name="MaxError">Upper bound of every <c>error</c>. Each key or tenant with a higher count is listed.</param>
/// <param name="Missed">Maximum number of takes not counted because busier tenants displaced the tenant.</param>
/// <param name="Entries">Keys or tenants of this page, most frequent first.</param>
/// <param name="Next">
/// Value of <c>after</c>, to send with <c>which</c>, for the next page; absent on the last page.
/// </param>
internal sealed record TopListBody(long Total, long MaxError, long Missed, IReadOnlyList<TopEntryBody> Entries, string? Next);

/// <summary>A key or tenant with its count.</summary>
/// <param name="Key">Name of the key; absent for a tenant.</param>
/// <param name="Tenant">Name of the tenant; absent for a key.</param>
/// <param name="Count">Upper bound of the number of takes, or of their cost.</param>
/// <param name="Error">Maximum difference between <c>count</c> and the true number.</param>
internal sealed record TopEntryBody(string? Key, string? Tenant, long Count, long Error);
