namespace Weir;

/// <summary>Where the policies of now come from: a <see cref="PolicySet"/> is always itself, live ones change.</summary>
public interface IPolicySource
{
    /// <summary>The policies of now; immutable, so whoever reads them once has one version of them.</summary>
    PolicySet Current { get; }

    /// <summary>Policies that are tried beside those of now and decide nothing; null when there are none.</summary>
    PolicySet? Candidate => null;
}
