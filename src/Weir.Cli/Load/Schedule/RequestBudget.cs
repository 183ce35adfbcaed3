namespace Weir.Cli.Load;

internal sealed class RequestBudget(long requests)
{
    /// <summary>Default maximum of requests, 100 times what one machine sends in the longest run.</summary>
    public const long Default = 10_000_000_000;

    private long _left = requests;

    public bool TryTake() => Interlocked.Decrement(ref _left) >= 0;
}
