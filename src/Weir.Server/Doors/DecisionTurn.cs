namespace Weir.Server;

// Decisions that are begun together. If memory makes them at once, only the first is timed: two looks at the clock and
// a histogram would cost as much as the decision.
internal struct DecisionTurn(long began)
{
    private bool _isMeasured;

    /// <summary>When the turn began.</summary>
    public readonly long Began => began;

    /// <summary>True the first time.</summary>
    public bool TryMeasure()
    {
        bool isFirst = !_isMeasured;
        _isMeasured = true;
        return isFirst;
    }
}
