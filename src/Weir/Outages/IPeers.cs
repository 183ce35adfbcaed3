namespace Weir;

/// <summary>The instances that share a shard of the primary, as this instance knows them.</summary>
public interface IPeers
{
    /// <summary>Raised when the primary lost its memory in an outage that no request noticed, or once more.</summary>
    event Action? Forgot;

    /// <summary>Raised when a heartbeat gets no reply: the primary may be down even if no request notices.</summary>
    event Action? Missed
    {
        add { }
        remove { }
    }

    /// <summary>Number of instances last known, including this one; at least 1.</summary>
    int Count { get; }

    /// <summary>True if the primary may have lost its memory since its last reply. Then nothing is settled.</summary>
    bool IsInDoubt { get; }

    /// <summary>Records a lost connection: the next reply may come from a primary that lost its memory.</summary>
    void Doubt();

    /// <summary>Asks whether the primary kept its memory. False if not (raises Forgot), or without a reply.</summary>
    ValueTask<bool> ConfirmAsync(CancellationToken cancellation = default);

    /// <summary>Records that this instance decides from memory from now on.</summary>
    void Part();

    /// <summary>Reports that this instance sees the primary again. Null if that fails, or after another loss.</summary>
    /// <param name="isReady">True once this instance has restored its known spending to the primary.</param>
    /// <param name="cancellation">Cancels the report.</param>
    ValueTask<Membership?> ReportAsync(bool isReady, CancellationToken cancellation = default);

    /// <summary>Reports that this instance has settled. Returns the number of absent peers; null if unknown.</summary>
    ValueTask<int?> FollowAsync(CancellationToken cancellation = default);
}

/// <summary>The membership at the time of a report.</summary>
/// <param name="Absent">Number of peers that may still decide from memory.</param>
/// <param name="Unready">Number of absent peers that have not restored their known spending yet.</param>
/// <param name="Since">Minimum time since the first instance returned to the primary.</param>
/// <param name="IsForgetful">True if the primary has lost its memory.</param>
public readonly record struct Membership(int Absent, int Unready, TimeSpan Since, bool IsForgetful);

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
