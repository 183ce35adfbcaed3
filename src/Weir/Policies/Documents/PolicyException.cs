namespace Weir;

/// <summary>A policy document cannot be used; <see cref="Errors"/> holds everything that is wrong with it.</summary>
public sealed class PolicyException : Exception
{
    /// <summary>Makes an exception whose message lists the errors, one a line.</summary>
    /// <param name="errors">The errors, sorted by line.</param>
    public PolicyException(IReadOnlyList<PolicyError> errors)
        : base(string.Join('\n', errors)) => Errors = errors;

    /// <summary>
    /// The errors, sorted by line. Only the first 100 are kept; a last one says how many more there are.
    /// </summary>
    public IReadOnlyList<PolicyError> Errors { get; }
}
