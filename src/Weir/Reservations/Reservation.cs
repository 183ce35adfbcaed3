namespace Weir;

/// <summary>Result of a reservation: a take that is settled later by its true cost.</summary>
/// <param name="Id">Id for the settlement; null if the take was refused or the reservation is not stored.</param>
/// <param name="Decision">Decision on the take.</param>
/// <param name="Conflict">True if the idempotency key belongs to another request or a settled reservation.</param>
public sealed record Reservation(string? Id, Decision Decision, bool Conflict = false);

/// <summary>Outcome of a settlement.</summary>
public enum SettlementOutcome
{
    /// <summary>The reservation is settled, now or before with the same result.</summary>
    Settled,

    /// <summary>The reservation does not exist or has expired; its cost stays spent.</summary>
    Unknown,

    /// <summary>The reservation was already settled with a different result.</summary>
    Conflict,

    /// <summary>The store does not answer.</summary>
    Unavailable,
}

/// <summary>Result of a settlement. Decision shows the buckets afterwards; null unless Outcome is Settled.</summary>
public sealed record Settlement(SettlementOutcome Outcome, Decision? Decision = null);
