namespace Weir.Cli.Load;

/// <summary>How many requests a run may still send: the loop's bound in count, beside its bound in time.</summary>
internal sealed class RequestBudget(long requests)
{
    /// <summary>Two orders above what one machine sends in the longest run allowed.</summary>
    public const long Default = 10_000_000_000;

    private long _left = requests;

    public bool TryTake() => Interlocked.Decrement(ref _left) >= 0;
}
