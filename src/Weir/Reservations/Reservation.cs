namespace Weir;

/// <summary>A take that can be settled later, by its true cost.</summary>
/// <param name="Id">By which it is settled; null if it was refused, or could not be kept.</param>
/// <param name="Decision">The answer.</param>
/// <param name="Conflict">
/// True when the idempotency key stands for another request, or for a reservation that has been settled; nothing was
/// decided then.
/// </param>
public sealed record Reservation(string? Id, Decision Decision, bool Conflict = false);

/// <summary>How settling a reservation ended.</summary>
public enum SettlementOutcome
{
    /// <summary>It is settled, now or before in the same way.</summary>
    Settled,

    /// <summary>There is none of that name (any more): its cost stays spent.</summary>
    Unknown,

    /// <summary>It has been settled otherwise before.</summary>
    Conflict,

    /// <summary>It cannot be settled at the moment, since the store does not answer.</summary>
    Unavailable,
}

/// <summary>How settling a reservation ended, and how its buckets stand.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Decision">How the buckets stand; null unless it is settled.</param>
public sealed record Settlement(SettlementOutcome Outcome, Decision? Decision = null);
