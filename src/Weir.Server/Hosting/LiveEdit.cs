namespace Weir.Server;

/// <summary>The result of a judged change. On a conflict, the version is the current one.</summary>
internal readonly record struct LiveEdit(LiveOutcome Outcome, long Version, IReadOnlyList<PolicyError> Errors)
{
    public static LiveEdit Conflict(long version) => new(LiveOutcome.Conflict, version, []);

    public static readonly LiveEdit Absent = new(LiveOutcome.Absent, 0, []);

    public static LiveEdit? Of(IReadOnlyList<PolicyError> errors) => errors.Count == 0 ? null : new(LiveOutcome.Conflict, 0, errors);
}
