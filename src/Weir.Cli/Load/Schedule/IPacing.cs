namespace Weir.Cli.Load;

internal interface IPacing
{
    const long Ended = long.MaxValue;

    /// <summary>Waits for the next request, and returns its intended time in microseconds of the run.</summary>
    ValueTask<long> NextAsync(CancellationToken cancellation);
}
