namespace Weir;

/// <summary>
/// Where the policies of now come from: a <see cref="PolicySet"/> is always itself, live ones change.
/// </summary>
public interface IPolicySource
{
    /// <summary>
    /// The current policies. They are immutable: read them once per request, so that a decision never mixes versions.
    /// </summary>
    PolicySet Current { get; }

    /// <summary>Policies that are tried beside those of now and decide nothing; null when there are none.</summary>
    PolicySet? Candidate => null;
}
