namespace Weir;

// Returns an instance to the primary within law L7. Charges outage spending before the primary decides on its bucket,
// and holds back the possible spending of absent peers until they return or are gone.
internal sealed class Recovery(IBucketStore primary, FallbackStore fallback, IPeers peers, MonotonicClock clock, TimeProvider time)
{
    private const int Batch = 256;

    /// <summary>Interval of reports to the peers; longer with more instances.</summary>
    private TimeSpan Pause => TimeSpan.FromMilliseconds(Math.Max(50, 2.5 * peers.Count));

    // Maximum wait for absent peers that send heartbeats. Peers without heartbeats are gone sooner (IPeers).
    private const long PatienceUs = 5_000_000;

    /// <summary>Margin in µs for the difference between the clocks of memory and of the primary.</summary>
    private const long MarginUs = 5_000;

    private static readonly Task<StoreFault> Nothing = Task.FromResult(StoreFault.None);

    private volatile Awaited? _awaited;

    private sealed record Awaited(int Absent, int Instances, long SinceUs);

    public bool IsAwaiting => _awaited is not null;

    /// <summary>Outage shares of absent peers, with the refill until the latest time of a reply.</summary>
    public HeldBack HeldBack => _awaited is { } awaited
        ? new HeldBack(awaited.Absent, awaited.Instances, clock.NowUs - awaited.SinceUs + (primary.LongestAnswer.Ticks / TimeSpan.TicksPerMicrosecond) + MarginUs)
        : default;

    public async Task<bool> BeginAsync(CancellationToken cancellation)
    {
        long sentUs = clock.NowUs;
        if (await peers.ReportAsync(isReady: false, cancellation).ConfigureAwait(false) is not { } meeting)
            return false;
        if (meeting.IsForgetful && !await RestoreAsync(cancellation).ConfigureAwait(false))
            return false;
        fallback.ReturnedUs = sentUs - (meeting.Since.Ticks / TimeSpan.TicksPerMicrosecond);
        Await(meeting.Absent);
        return true;
    }

    /// <summary>Settles, and waits for absent peers, while the primary decides and goesOn returns true.</summary>
    public async Task CompleteAsync(Func<bool> goesOn, CancellationToken cancellation)
    {
        long untilUs = clock.NowUs + PatienceUs;
        while (goesOn() && !await TryCompleteAsync(goesOn, untilUs, cancellation).ConfigureAwait(false))
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
    }

    // Sends the charges of these buckets ahead of later commands. If the task has a fault, the results of those
    // commands are void. Returns null if the primary must not be asked.
    public Task<StoreFault>? SettleFirst(in LimitSet limits, CancellationToken cancellation)
    {
        var owed = new List<SettlementCharge>();
        if (!fallback.TryCollectOwed(limits, owed) || (owed.Count > 0 && peers.IsInDoubt))
            return null;
        return owed.Count == 0 ? Nothing : SettleAsync(owed, cancellation);
    }

    /// <summary>Sends all charges in batches, unless the primary may have lost its memory. Stops after a batch of which
    /// more than half fails.</summary>
    public async Task SettleAllAsync(CancellationToken cancellation)
    {
        if (peers.IsInDoubt && !await peers.ConfirmAsync(cancellation).ConfigureAwait(false))
            return;
        var owed = new List<SettlementCharge>();
        do
        {
            owed.Clear();
            fallback.CollectOwed(owed, Batch);
            var faults = await SendAsync(owed, cancellation).ConfigureAwait(false);
            if (2 * faults.Count(fault => fault != StoreFault.None) > owed.Count)
                return;
        }
        while (owed.Count > 0);
    }

    private async Task<bool> TryCompleteAsync(Func<bool> goesOn, long untilUs, CancellationToken cancellation)
    {
        try
        {
            await SettleAllAsync(cancellation).ConfigureAwait(false);
            // Reports unsettled spending, so that peers wait for this instance as long as they receive its heartbeats.
            int? absent = fallback.Owing > 0
                ? (await peers.ReportAsync(isReady: true, cancellation).ConfigureAwait(false))?.Absent
                : await peers.FollowAsync(cancellation).ConfigureAwait(false);
            // A newer outage has its own recovery.
            if (!goesOn())
                return false;
            bool isLate = clock.NowUs >= untilUs;
            bool isComplete = fallback.Owing == 0 && (absent == 0 || (isLate && absent is not null));
            Await(isLate ? 0 : absent ?? _awaited?.Absent ?? 0);
            if (isComplete)
                (_awaited, fallback.ReturnedUs) = (null, long.MaxValue);
            return isComplete;
        }
        catch (Exception) when (!cancellation.IsCancellationRequested)
        {
            // Tries again after a canceled wait or an exception of a store: tokens must not be held back forever.
            return false;
        }
    }

    private async Task<StoreFault> SettleAsync(List<SettlementCharge> owed, CancellationToken cancellation)
    {
        var faults = await SendAsync(owed, cancellation).ConfigureAwait(false);
        return Array.Find(faults, fault => fault != StoreFault.None);
    }

    private Task<StoreFault[]> SendAsync(List<SettlementCharge> owed, CancellationToken cancellation) =>
        Task.WhenAll(owed.Select(charge => charge.SendAsync(sent => SendAsync(sent, cancellation))));

    private async Task<StoreFault> SendAsync(SettlementCharge charge, CancellationToken cancellation)
    {
        try
        {
            var command = charge.ToCommand();
            var answer = await primary.AskAsync(command, cancellation).ConfigureAwait(false);
            if (answer.Fault is not (StoreFault.None or StoreFault.Damaged or StoreFault.Conflict or StoreFault.Gone))
                return answer.Fault;
            fallback.Close(command, answer);
            return StoreFault.None;
        }
        catch (Exception thrown) when (thrown is not OperationCanceledException)
        {
            // A store must not throw. If it does, the charge may or may not have been executed.
            return StoreFault.Unreachable;
        }
    }

    // Restores known spending to a primary that lost its memory. Waits up to PatienceUs for the peers to do so: before,
    // the primary may admit again the spending that only peers know.
    private async Task<bool> RestoreAsync(CancellationToken cancellation)
    {
        long untilUs = clock.NowUs + PatienceUs;
        if (!await RestoreKnownAsync(cancellation).ConfigureAwait(false))
            return false;
        while (true)
        {
            if (await peers.ReportAsync(isReady: true, cancellation).ConfigureAwait(false) is not { } meeting)
                return false;
            if (meeting.Unready == 0 || clock.NowUs >= untilUs)
                return true;
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<bool> RestoreKnownAsync(CancellationToken cancellation)
    {
        var commands = new Queue<BucketCommand>(fallback.CollectKnown());
        while (commands.Count > 0)
        {
            var some = new List<BucketCommand>();
            while (some.Count < Batch && commands.TryDequeue(out var next))
                some.Add(next);
            var answers = await Task.WhenAll(some.Select(command => primary.AskAsync(command, cancellation).AsTask())).ConfigureAwait(false);
            if (!Array.Exists(answers, IsDone))
                return false;
            // Sends failed commands again. A repeated command has no further effect.
            for (int i = 0; i < answers.Length; i++)
            {
                if (!IsDone(answers[i]))
                    commands.Enqueue(some[i]);
            }
        }

        return true;
    }

    private static bool IsDone(BucketResult answer) => answer.Fault is StoreFault.None or StoreFault.Damaged;

    private void Await(int absent) => _awaited = absent == 0 ? null : new Awaited(absent, Math.Max(fallback.Share.Instances, absent + 1), fallback.ReturnedUs);
}
