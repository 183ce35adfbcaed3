using System.Threading.Channels;

namespace Weir;

/// <summary>Repeats requests under the candidate policies, and tallies differing decisions. Thread-safe.</summary>
/// <param name="policies">Source of the candidate policies.</param>
/// <param name="store">Store of the trials' buckets, with its own key space. A trial sends at most one command.</param>
/// <param name="time">Clock for the start of each tally.</param>
/// <remarks>Never changes or delays an answer. Skips and counts trials beyond <see cref="MaxUnderWay"/>.</remarks>
public sealed class CandidateTrial(IPolicySource policies, Lazy<IBucketStore> store, TimeProvider time)
{
    /// <summary>Maximum number of concurrent trials.</summary>
    public const int MaxUnderWay = 1_024;

    private readonly Channel<Trial> _waiting =
        Channel.CreateUnbounded<Trial>(new UnboundedChannelOptions { SingleReader = true });

    private TrialTally? _tally;
    private int _underWay;
    private int _isReading;

    private readonly record struct Trial(PolicySet Candidate, RequestFacts Facts, PermitHolder? Holder, Decision? Live);

    /// <summary>Tally of the current candidate; null if there is no candidate or no trial yet.</summary>
    public TrialTally? Tally => Volatile.Read(ref _tally) is { } tally && policies.Candidate is { } set && tally.IsOf(set) ? tally : null;

    internal PolicySet? Candidate => policies.Candidate;

    internal void Take(PolicySet candidate, in RequestFacts facts, PermitHolder holder, in Decision live)
    {
        // Compare only decisions of limits: ignore outages, blocks and full stores of idempotency records.
        bool isOfLimits = live.Outcome is not (
            DecisionOutcome.Unavailable or DecisionOutcome.Blocked or DecisionOutcome.AnswersFull);
        if (live.Degraded || !isOfLimits)
            return;
        Add(new Trial(candidate, facts, holder, live));
    }

    internal void Charge(PolicySet candidate, in RequestFacts facts, PermitHolder? holder) =>
        Add(new Trial(candidate, facts, holder, null));

    // Queues a trial for the background task in request order. Beyond MaxUnderWay, only counts it as skipped.
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
        // A trial of an earlier candidate must not replace the tally of the current candidate.
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
            // The caller already has its answer, so a failed trial is only counted as skipped.
            Tally?.Skip();
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
