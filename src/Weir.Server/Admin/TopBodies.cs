namespace Weir.Server;

/// <summary>Who is refused, and who allowed, most often or for most of a unit: of this instance alone.</summary>
/// <param name="Instance">The instance that counted; others have counted others.</param>
/// <param name="Since">From when on: of the last five to ten minutes.</param>
/// <param name="Tenant">Whose keys they are; absent when the list is of tenants.</param>
/// <param name="Unit">The unit in which costs are counted; absent when takes are.</param>
/// <param name="Denied">Those refused; absent when not asked for.</param>
/// <param name="Allowed">Those allowed; absent when not asked for.</param>
internal sealed record TopBody(string Instance, DateTimeOffset Since, string? Tenant, string? Unit, TopListBody? Denied, TopListBody? Allowed);

/// <summary>A list of keys or tenants.</summary>
/// <param name="Total">Counted takes, or their costs.</param>
/// <param name="MaxError">No entry's error is above it, and whatever was taken more often has an entry.</param>
/// <param name="Missed">
/// Maximum number of the tenant's takes that were not counted, because it was dropped for busier tenants.
/// </param>
/// <param name="Entries">A page of them, the most frequent first.</param>
/// <param name="Next">
/// What to send as <c>after</c>, with <c>which</c>, for the next page; absent on the last one.
/// </param>
internal sealed record TopListBody(long Total, long MaxError, long Missed, IReadOnlyList<TopEntryBody> Entries, string? Next);

/// <summary>A key or a tenant.</summary>
/// <param name="Key">The key; absent of a tenant.</param>
/// <param name="Tenant">The tenant; absent of a key.</param>
/// <param name="Count">Upper bound of its takes, or of their costs.</param>
/// <param name="Error">Maximum difference between the count and the truth.</param>
internal sealed record TopEntryBody(string? Key, string? Tenant, long Count, long Error);
