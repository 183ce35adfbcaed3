namespace Weir.Cli.Load;

/// <summary>Tells a user when its next request should go out, and waits until then.</summary>
internal interface IPacing
{
    /// <summary>What <see cref="NextAsync"/> says when there is nothing more to send.</summary>
    const long Ended = long.MaxValue;

    /// <summary>
    /// Waits until the next request is due, and says when it was intended (microseconds of the run), or
    /// <see cref="Ended"/>.
    /// </summary>
    ValueTask<long> NextAsync(CancellationToken cancellation);
}
