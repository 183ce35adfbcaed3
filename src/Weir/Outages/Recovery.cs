namespace Weir;

/// <summary>
/// Brings an instance back to the primary, so that all instances together stay within law L7 while some are back and
/// others are not: spending without the primary is charged before the primary is asked about that bucket, and what
/// others may have spent is held back until they have come back, too, or are gone.
/// </summary>
/// <param name="primary">The store that all share.</param>
/// <param name="fallback">Where this instance decided alone.</param>
/// <param name="peers">The other instances.</param>
/// <param name="clock">The clock of memory.</param>
/// <param name="time">The clock of pauses.</param>
internal sealed class Recovery(IBucketStore primary, FallbackStore fallback, IPeers peers, MonotonicClock clock, TimeProvider time)
{
    /// <summary>Charges that are sent at once.</summary>
    private const int Batch = 256;

    /// <summary>The interval of looks at the other instances; of many instances, each looks less often.</summary>
    private TimeSpan Pause => TimeSpan.FromMilliseconds(Math.Max(50, 2.5 * peers.Count));

    /// <summary>
    /// Maximum wait for instances that send heartbeats. The wait for silent ones is shorter (<see cref="IPeers"/>).
    /// </summary>
    private const long PatienceUs = 5_000_000;

    /// <summary>By how much this instance's clock may be wrong about the time until an answer.</summary>
    private const long MarginUs = 5_000;

    private static readonly Task<StoreFault> Nothing = Task.FromResult(StoreFault.None);

    private volatile Awaited? _awaited;

    private sealed record Awaited(int Absent, int Instances, long SinceUs);

    /// <summary>True while something is held back for other instances.</summary>
    public bool IsAwaiting => _awaited is not null;

    /// <summary>
    /// What the primary must not hand out if it is asked now. By the time of its answer, more will have come back.
    /// </summary>
    public HeldBack HeldBack => _awaited is { } awaited
        ? new HeldBack(awaited.Absent, awaited.Instances, clock.NowUs - awaited.SinceUs + (primary.LongestAnswer.Ticks / TimeSpan.TicksPerMicrosecond) + MarginUs)
        : default;

    /// <summary>Finds the primary again. False if it is lost after all.</summary>
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

    /// <summary>Settles and waits for the peers, while the primary decides already.</summary>
    /// <param name="goesOn">False once the primary is lost again.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task CompleteAsync(Func<bool> goesOn, CancellationToken cancellation)
    {
        long untilUs = clock.NowUs + PatienceUs;
        while (goesOn() && !await TryCompleteAsync(goesOn, untilUs, cancellation).ConfigureAwait(false))
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends the charges for these buckets. Commands that are sent next are executed after them, and their results
    /// count if the task returns no fault. Null if the primary must not be asked, since it cannot be told everything
    /// now.
    /// </summary>
    public Task<StoreFault>? SettleFirst(in LimitSet limits, CancellationToken cancellation)
    {
        var owed = new List<SettlementCharge>();
        if (!fallback.TryCollectOwed(limits, owed) || (owed.Count > 0 && peers.IsInDoubt))
            return null;
        return owed.Count == 0 ? Nothing : SettleAsync(owed, cancellation);
    }

    /// <summary>Sends all charges, until hardly any comes through.</summary>
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
            // An instance that owes is awaited by the others as long as they hear of it.
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
            // Neither a canceled wait nor a store that throws may leave tokens held back for ever.
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
            // A store must not throw. If one does, the charge may or may not have been executed.
            return StoreFault.Unreachable;
        }
    }

    /// <summary>
    /// Restores known spending to a primary that has lost its memory, and waits until the peers have restored theirs:
    /// until then, it might hand out again what only they know to be spent.
    /// </summary>
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
            // A late command is sent again: each is executed once.
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
