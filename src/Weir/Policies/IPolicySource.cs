namespace Weir;

/// <summary>Source of the current policies.</summary>
public interface IPolicySource
{
    /// <summary>Immutable policies. Read once per request, so that a decision never mixes two versions.</summary>
    PolicySet Current { get; }

    /// <summary>Candidate policies, which decide nothing; null for none.</summary>
    PolicySet? Candidate => null;
}
