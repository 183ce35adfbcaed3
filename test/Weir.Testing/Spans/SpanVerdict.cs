namespace Weir.Testing;

/// <summary>What the worst interval holds beyond what it may; the default says that the law holds.</summary>
/// <param name="UnitsOver">Units over; 0 when the law holds.</param>
/// <param name="UnitsPerToken">Units that make a token.</param>
/// <param name="FromUs">Where the interval begins.</param>
/// <param name="ToUs">Where it ends.</param>
public readonly record struct SpanVerdict(long UnitsOver, long UnitsPerToken, long FromUs, long ToUs)
{
    /// <summary>True when nothing is over.</summary>
    public bool Holds => UnitsOver == 0;

    /// <summary>Tokens over, a part of one counting as one.</summary>
    public long TokensOver => Holds ? 0 : (UnitsOver + UnitsPerToken - 1) / UnitsPerToken;

    /// <summary>The worse of two.</summary>
    public SpanVerdict OrWorse(SpanVerdict other) => other.UnitsOver > UnitsOver ? other : this;

    /// <inheritdoc/>
    public override string ToString() => Holds ? "holds" : $"{TokensOver} over from {FromUs / 1e6:0.000} s to {ToUs / 1e6:0.000} s";
}
