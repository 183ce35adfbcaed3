namespace Weir;

/// <summary>
/// Brings an instance back to the primary, so that all instances together stay within law L1 while some are back and others not yet: what it spent by itself of a bucket is
/// charged before it asks about that bucket, and what others may have spent is held back until they have come, too, or are taken for gone.
/// </summary>
/// <param name="primary">The store that all share.</param>
/// <param name="local">Where this instance decided by itself.</param>
/// <param name="ledger">What it spent there.</param>
/// <param name="peers">The others.</param>
/// <param name="clock">The clock of memory.</param>
/// <param name="time">By what it waits.</param>
internal sealed class Reunion(IBucketStore primary, LocalShare local, Ledger ledger, IPeers peers, MonotonicClock clock, TimeProvider time)
{
    /// <summary>Charges that are sent at once.</summary>
    private const int Batch = 256;

    /// <summary>Redis is asked about the others so often; of many instances each the more seldom.</summary>
    private TimeSpan Pause => TimeSpan.FromMilliseconds(Math.Max(50, 2.5 * peers.Count));

    /// <summary>
    /// So long others are waited for, though they are heard of: one that cannot come back must not keep the rest from deciding. Who is not heard of is waited for less long (<see cref="IPeers"/>).
    /// </summary>
    private const long PatienceUs = 5_000_000;

    /// <summary>Until a decision is made that is asked for now, this much more may have come back.</summary>
    private const long SlackUs = 20_000;

    private static readonly Task<StoreFault> Nothing = Task.FromResult(StoreFault.None);

    private volatile Awaited? _awaited;

    private sealed record Awaited(int Absent, int Instances, long SinceUs);

    /// <summary>Whether something is held back for others.</summary>
    public bool IsAwaiting => _awaited is not null;

    /// <summary>What the primary must not hand out if it is asked now.</summary>
    public HeldBack HeldBack => _awaited is { } awaited ? new HeldBack(awaited.Absent, awaited.Instances, clock.NowUs - awaited.SinceUs + SlackUs) : default;

    /// <summary>Finds the primary again. False when it is not to be had after all.</summary>
    public async Task<bool> BeginAsync(CancellationToken cancellation)
    {
        long sentUs = clock.NowUs;
        if (await peers.MeetAsync(isReady: false, cancellation).ConfigureAwait(false) is not { } meeting)
            return false;
        if (meeting.IsForgetful && !await RemindAsync(cancellation).ConfigureAwait(false))
            return false;
        ledger.ReturnedUs = sentUs - (meeting.Since.Ticks / TimeSpan.TicksPerMicrosecond);
        Await(meeting.Absent);
        return true;
    }

    /// <summary>Settles what is owed and waits for the others, while the primary decides already.</summary>
    /// <param name="goesOn">False once the primary is lost again.</param>
    /// <param name="cancellation">Stops waiting.</param>
    public async Task CompleteAsync(Func<bool> goesOn, CancellationToken cancellation)
    {
        long untilUs = clock.NowUs + PatienceUs;
        while (goesOn())
        {
            await SettleAllAsync(cancellation).ConfigureAwait(false);
            // Whoever owes still is still awaited by the others, as long as he is heard of.
            int? absent = ledger.Owing > 0
                ? (await peers.MeetAsync(isReady: true, cancellation).ConfigureAwait(false))?.Absent
                : await peers.FollowAsync(cancellation).ConfigureAwait(false);
            bool isLate = clock.NowUs >= untilUs;
            Await(isLate ? 0 : absent ?? _awaited?.Absent ?? 0);
            if (ledger.Owing == 0 && (absent == 0 || (isLate && absent is not null)))
                break;
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }

        if (goesOn())
            (_awaited, ledger.ReturnedUs) = (null, long.MaxValue);
    }

    /// <summary>
    /// Sends what is owed of these buckets. What is asked about them next comes after it, and may be believed when this has come: says what went wrong, if it has not.
    /// </summary>
    public Task<StoreFault> SettleFirstAsync(in LimitSet limits, CancellationToken cancellation)
    {
        var owed = new List<OwnSpend>();
        if (!ledger.CollectOwed(limits, local.Share, owed))
            return Task.FromResult(StoreFault.Slow);
        return owed.Count == 0 ? Nothing : SettleAsync(owed, cancellation);
    }

    /// <summary>Sends all that is owed, until hardly anything comes through.</summary>
    public async Task SettleAllAsync(CancellationToken cancellation)
    {
        var owed = new List<OwnSpend>();
        do
        {
            owed.Clear();
            ledger.CollectOwed(local.Share, owed, Batch);
            var faults = await SendAsync(owed, cancellation).ConfigureAwait(false);
            if (2 * faults.Count(fault => fault != StoreFault.None) > owed.Count)
                return;
        }
        while (owed.Count > 0);
    }

    private async Task<StoreFault> SettleAsync(List<OwnSpend> owed, CancellationToken cancellation)
    {
        var faults = await SendAsync(owed, cancellation).ConfigureAwait(false);
        return Array.Find(faults, fault => fault != StoreFault.None);
    }

    private Task<StoreFault[]> SendAsync(List<OwnSpend> owed, CancellationToken cancellation) =>
        Task.WhenAll(owed.Select(spend => spend.SendAsync(sent => SendAsync(sent, cancellation))));

    private async Task<StoreFault> SendAsync(OwnSpend spend, CancellationToken cancellation)
    {
        var fault = StoreFault.Unreachable;
        try
        {
            fault = (await primary.AskAsync(spend.ToAsk(), cancellation).ConfigureAwait(false)).Fault;
            if (fault is StoreFault.None or StoreFault.Damaged or StoreFault.Conflict or StoreFault.Gone)
            {
                ledger.Close(spend, isLost: fault != StoreFault.None);
                return StoreFault.None;
            }
        }
        catch (Exception thrown) when (thrown is not OperationCanceledException)
        {
            // A store is not to throw; if one does, nobody knows what became of the charge.
        }

        ledger.Retry(spend);
        return fault;
    }

    /// <summary>
    /// Tells a primary that has lost its memory all that is known here, and waits until others have, too: what is charged before somebody knows better would be
    /// swallowed by what he knows.
    /// </summary>
    private async Task<bool> RemindAsync(CancellationToken cancellation)
    {
        long untilUs = clock.NowUs + PatienceUs;
        if (!await PutBackAsync(cancellation).ConfigureAwait(false))
            return false;
        while (true)
        {
            if (await peers.MeetAsync(isReady: true, cancellation).ConfigureAwait(false) is not { } meeting)
                return false;
            if (meeting.Unready == 0 || clock.NowUs >= untilUs)
                return true;
            await Task.Delay(Pause, time, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<bool> PutBackAsync(CancellationToken cancellation)
    {
        var known = new Queue<(LimitSet Limits, long Tokens)>(ledger.CollectKnown());
        while (known.Count > 0)
        {
            var some = new List<(LimitSet Limits, long Tokens)>();
            while (some.Count < Batch && known.TryDequeue(out var next))
                some.Add(next);
            var faults = await Task.WhenAll(some.Select(one => RaiseAsync(one.Limits, one.Tokens, cancellation))).ConfigureAwait(false);
            if (!Array.Exists(faults, fault => fault is StoreFault.None or StoreFault.Damaged))
                return false;
            // What was late is told again: the larger holds, however often.
            for (int i = 0; i < faults.Length; i++)
            {
                if (faults[i] is not (StoreFault.None or StoreFault.Damaged))
                    known.Enqueue(some[i]);
            }
        }

        return true;
    }

    private async Task<StoreFault> RaiseAsync(LimitSet limits, long tokens, CancellationToken cancellation)
    {
        var ask = new StoreAsk(limits with { Facts = limits.Facts with { Cost = tokens } }, StoreVerb.Raise);
        return (await primary.AskAsync(ask, cancellation).ConfigureAwait(false)).Fault;
    }

    private void Await(int absent) => _awaited = absent == 0 ? null : new Awaited(absent, Math.Max(local.Share.Instances, absent + 1), ledger.ReturnedUs);
}
