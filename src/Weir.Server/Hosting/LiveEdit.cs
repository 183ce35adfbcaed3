namespace Weir.Server;

/// <summary>How a change ended that was judged first.</summary>
/// <param name="Outcome">How it ended; without a meaning when there are errors.</param>
/// <param name="Version">The version made; on a conflict, the one that stands.</param>
/// <param name="Errors">Why it was refused.</param>
internal readonly record struct LiveEdit(LiveOutcome Outcome, long Version, IReadOnlyList<PolicyError> Errors)
{
    /// <summary>It was meant for another version than the one that stands.</summary>
    public static LiveEdit Conflict(long version) => new(LiveOutcome.Conflict, version, []);

    /// <summary>There is nothing to be deleted.</summary>
    public static readonly LiveEdit Absent = new(LiveOutcome.Absent, 0, []);

    /// <summary>Refuses a change with errors; null if there are none.</summary>
    public static LiveEdit? Of(IReadOnlyList<PolicyError> errors) => errors.Count == 0 ? null : new(LiveOutcome.Conflict, 0, errors);
}
