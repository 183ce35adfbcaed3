namespace Weir.Cli.Load;

internal interface IPacing
{
    const long Ended = long.MaxValue;

    /// <summary>Waits for the next request. Returns its intended time in microseconds or <see cref="Ended"/>.</summary>
    ValueTask<long> NextAsync(CancellationToken cancellation);
}
