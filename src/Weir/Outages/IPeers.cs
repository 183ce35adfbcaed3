namespace Weir;

/// <summary>The instances that share the buckets of a shard of the primary, as this one knows them.</summary>
public interface IPeers
{
    /// <summary>The primary was away unnoticed, and has come back without its memory.</summary>
    event Action? Forgot;

    /// <summary>A heartbeat was not answered: the primary may be away, also if no request asks it.</summary>
    event Action? Missed
    {
        add { }
        remove { }
    }

    /// <summary>How many there are, this one included, as was last known; at least 1.</summary>
    int Count { get; }

    /// <summary>
    /// True if the primary may have lost its memory since it was heard last: nothing is settled then.
    /// </summary>
    bool IsInDoubt { get; }

    /// <summary>
    /// The connection to the primary was lost. The next answer may come from a primary without memory.
    /// </summary>
    void Doubt();

    /// <summary>
    /// Asks whether the primary has kept its memory. False if it does not answer, or has not, which raises
    /// <see cref="Forgot"/>.
    /// </summary>
    ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default);

    /// <summary>
    /// This instance decides by itself from now on, and is not to be taken for one that the primary decides for.
    /// </summary>
    void Part();

    /// <summary>
    /// Tells the others that this instance sees the primary again. Null when it cannot be told after all.
    /// </summary>
    /// <param name="isReady">
    /// Whether the primary has been told all that this instance knows of it, should it have lost its memory.
    /// </param>
    /// <param name="cancellation">Gives up.</param>
    ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default);

    /// <summary>
    /// Tells the others that all is settled what this instance spent by itself, and that the primary decides for it
    /// from now on. Returns how many of the others are not known to have come so far; null when the primary does not
    /// say.
    /// </summary>
    ValueTask<int?> FollowAsync(CancellationToken cancellation = default);
}

/// <summary>How an instance finds the primary that it sees again.</summary>
/// <param name="Absent">Other instances that may still be deciding by themselves.</param>
/// <param name="Unready">Of these, the instances that have not reported to be ready either.</param>
/// <param name="Since">How long ago the first of all came back to it; not less than it was.</param>
/// <param name="IsForgetful">True when the primary has lost its memory meanwhile.</param>
public readonly record struct Membership(int Absent, int Unready, TimeSpan Since, bool IsForgetful);

/// <summary>No other instance: this one's share is the whole.</summary>
internal sealed class NoPeers : IPeers
{
    public event Action? Forgot
    {
        add { }
        remove { }
    }

    public int Count => 1;

    public bool IsInDoubt => false;

    public void Doubt()
    {
    }

    public ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default) => new(true);

    public void Part()
    {
    }

    public ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default) => new(new Membership(0, 0, TimeSpan.Zero, IsForgetful: false));

    public ValueTask<int?> FollowAsync(CancellationToken cancellation = default) => new(0);
}
