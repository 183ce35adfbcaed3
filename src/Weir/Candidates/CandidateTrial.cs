using System.Threading.Channels;

namespace Weir;

/// <summary>
/// Tries candidate policies on the traffic as it comes: each request that has been decided is decided once more by
/// them, on buckets of their own, and the two decisions are held against each other. Nothing that happens here changes
/// an answer, or lets anybody wait for one.
/// </summary>
/// <remarks>
/// <para>
/// The store given must be another than the one that decides, or have a key space of its own. A trial costs it one call
/// at most, beside the call that decided; of more than <see cref="MaxUnderWay"/> at a time, the others are left out and
/// counted.
/// </para>
/// <para>What the live policies refuse is tried all the same: the candidate might have allowed it, and then it would have been spent.</para>
/// <para>Safe for concurrent use.</para>
/// </remarks>
/// <param name="policies">Has the candidate, when there is one.</param>
/// <param name="store">Where the candidate's buckets are; opened by the first trial.</param>
/// <param name="time">Says since when is counted.</param>
public sealed class CandidateTrial(IPolicySource policies, Lazy<IBucketStore> store, TimeProvider time)
{
    /// <summary>Trials under way at the same time, at most.</summary>
    public const int MaxUnderWay = 1_024;

    private readonly Channel<Trial> _waiting =
        Channel.CreateUnbounded<Trial>(new UnboundedChannelOptions { SingleReader = true });

    private TrialTally? _tally;
    private int _underWay;
    private int _isReading;

    /// <summary>A command to try: a take with its answer, or a charge.</summary>
    private readonly record struct Trial(PolicySet Candidate, RequestFacts Facts, PermitHolder? Holder, Decision? Live);

    /// <summary>The tally of the current candidate; null if there is none, or nothing has been tried yet.</summary>
    public TrialTally? Tally => Volatile.Read(ref _tally) is { } tally && policies.Candidate is { } set && tally.IsOf(set) ? tally : null;

    /// <summary>The candidate of now, or null.</summary>
    internal PolicySet? Candidate => policies.Candidate;

    /// <summary>Has a request that was decided decided once more, by another thread.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="facts">The request.</param>
    /// <param name="holder">Who holds the permits that it takes.</param>
    /// <param name="live">Its answer.</param>
    internal void Take(PolicySet candidate, in RequestFacts facts, PermitHolder holder, in Decision live)
    {
        // Only like is held against like: an outage's answer is another policy's, a blocked key is blocked by both, and
        // a lack of room for an answer is no limit's.
        bool isOfLimits = live.Outcome is not (
            DecisionOutcome.Unavailable or DecisionOutcome.Blocked or DecisionOutcome.AnswersFull);
        if (live.Degraded || !isOfLimits)
            return;
        Add(new Trial(candidate, facts, holder, live));
    }

    /// <summary>Tries a charge, a settlement or a refund.</summary>
    /// <param name="candidate">The candidate.</param>
    /// <param name="facts">The request; its cost is charged.</param>
    /// <param name="holder">The holder whose permits are given back; null for none.</param>
    internal void Charge(PolicySet candidate, in RequestFacts facts, PermitHolder? holder) =>
        Add(new Trial(candidate, facts, holder, null));

    /// <summary>Leaves a trial to a task of its own, in the order of the requests.</summary>
    private void Add(in Trial trial)
    {
        if (Interlocked.Increment(ref _underWay) > MaxUnderWay)
        {
            Interlocked.Decrement(ref _underWay);
            Tally?.Skip();
            return;
        }

        _waiting.Writer.TryWrite(trial);
        if (Interlocked.Exchange(ref _isReading, 1) == 0)
            _ = Task.Run(ReadAsync);
    }

    private async Task ReadAsync()
    {
        await foreach (var trial in _waiting.Reader.ReadAllAsync().ConfigureAwait(false))
            _ = TryAsync(trial);
    }

    private TrialTally TallyOf(PolicySet candidate)
    {
        var tally = Volatile.Read(ref _tally);
        if (tally is not null && tally.IsOf(candidate))
            return tally;
        var fresh = new TrialTally(candidate, time.GetUtcNow());
        // A request that began under an earlier candidate must not discard the tally of this one.
        if (policies.Candidate is not { } set || !fresh.IsOf(set))
            return fresh;
        var seen = Interlocked.CompareExchange(ref _tally, fresh, tally);
        return seen is null || seen == tally || !seen.IsOf(candidate) ? fresh : seen;
    }

    private async Task TryAsync(Trial trial)
    {
        try
        {
            var tally = TallyOf(trial.Candidate);
            var limits = trial.Candidate.Resolve(trial.Facts) with { Holder = trial.Holder, IsCharge = trial.Live is null && !trial.Facts.GivesBack };
            var command = new BucketCommand(limits, trial.Live is null ? BucketOperation.Charge : BucketOperation.Take);
            bool needsNoStore = RateLimiter.NeedsNoStore(limits, null);
            var answer = needsNoStore ? default : await store.Value.AskAsync(command).ConfigureAwait(false);
            if (answer.Fault != StoreFault.None)
                tally.Skip();
            else if (trial.Live is { } live)
            {
                var tried = needsNoStore ? Decision.Unasked(limits, live.Source) : Decision.From(limits, answer);
                tally.Count(live, tried, trial.Facts.Key);
            }
        }
        catch (Exception)
        {
            // The caller has its answer already, and an error of the trial must not change it.
            Tally?.Skip();
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
