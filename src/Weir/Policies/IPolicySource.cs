namespace Weir;

/// <summary>Source of the current policies.</summary>
public interface IPolicySource
{
    /// <summary>Current policies, immutable. Read them once per request: a decision must not mix versions.</summary>
    PolicySet Current { get; }

    /// <summary>Candidate policies, which are only tried; null (the default) if there is no candidate.</summary>
    PolicySet? Candidate => null;
}
