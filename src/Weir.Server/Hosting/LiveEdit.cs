namespace Weir.Server;

/// <summary>Result of an edit. On a conflict, <c>Version</c> is the current version.</summary>
internal readonly record struct LiveEdit(LiveOutcome Outcome, long Version, IReadOnlyList<PolicyError> Errors)
{
    public static LiveEdit Conflict(long version) => new(LiveOutcome.Conflict, version, []);

    public static readonly LiveEdit Absent = new(LiveOutcome.Absent, 0, []);

    public static LiveEdit? Of(IReadOnlyList<PolicyError> errors) => errors.Count == 0 ? null : new(LiveOutcome.Conflict, 0, errors);
}
