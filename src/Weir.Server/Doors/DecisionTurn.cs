namespace Weir.Server;

// A group of decisions that begin together. Only the first immediate decision is timed: two clock reads and a histogram
// update would cost as much as the decision.
internal struct DecisionTurn(long began)
{
    private bool _isMeasured;

    /// <summary>Timestamp at which the turn began.</summary>
    public readonly long Began => began;

    /// <summary>Claims the measurement of the turn. Returns true for the first decision only.</summary>
    public bool TryMeasure()
    {
        bool isFirst = !_isMeasured;
        _isMeasured = true;
        return isFirst;
    }
}
