namespace Weir;

/// <summary>Reports the errors of a policy document.</summary>
public sealed class PolicyException : Exception
{
    /// <summary>Creates an exception whose message has one line per error.</summary>
    public PolicyException(IReadOnlyList<PolicyError> errors)
        : base(string.Join('\n', errors)) => Errors = errors;

    /// <summary>Errors sorted by line: at most 100, and a last entry that counts the rest.</summary>
    public IReadOnlyList<PolicyError> Errors { get; }
}
