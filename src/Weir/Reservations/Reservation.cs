namespace Weir;

/// <summary>A take to be settled later by its true cost.</summary>
/// <param name="Id">Id for the settlement; null if refused or not stored.</param>
/// <param name="Decision">The answer.</param>
/// <param name="Conflict">True if the idempotency key has another request or a settled reservation: nothing was
/// decided.</param>
public sealed record Reservation(string? Id, Decision Decision, bool Conflict = false);

/// <summary>Outcome of a settlement.</summary>
public enum SettlementOutcome
{
    /// <summary>The reservation is settled, now or before with the same result.</summary>
    Settled,

    /// <summary>No such reservation (any more): its cost stays spent.</summary>
    Unknown,

    /// <summary>The reservation was already settled with a different result.</summary>
    Conflict,

    /// <summary>The store does not answer.</summary>
    Unavailable,
}

/// <summary>Result of a settlement. The decision shows the buckets; null unless settled.</summary>
public sealed record Settlement(SettlementOutcome Outcome, Decision? Decision = null);
