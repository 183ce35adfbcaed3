namespace Weir;

/// <summary>Reports all errors of a policy document.</summary>
public sealed class PolicyException : Exception
{
    /// <summary>Makes an exception whose message has one line per error.</summary>
    public PolicyException(IReadOnlyList<PolicyError> errors)
        : base(string.Join('\n', errors)) => Errors = errors;

    /// <summary>Errors sorted by line: the first 100, and a last one that counts the rest.</summary>
    public IReadOnlyList<PolicyError> Errors { get; }
}
