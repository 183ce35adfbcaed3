namespace Weir;

/// <summary>Executes commands across partitions in parallel. Undoes a take if one refuses or fails.</summary>
// A record has a head in the partition of its id, and a part in each partition, written atomically with the buckets.
// The writer of the head takes from the buckets. A repeat reads the parts, or takes the rest if the writer died.
public sealed class PartitionedStore(IBucketStore store, IShardMap map, TimeProvider time) : IBucketStore
{
    /// <summary>Age in microseconds after which an incomplete record counts as left by a dead instance.</summary>
    private const long UnderWayUs = 2_000_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    /// <inheritdoc/>
    public DecisionSource Source => store.Source;

    /// <inheritdoc/>
    public TimeSpan LongestAnswer => store.LongestAnswer;

    /// <inheritdoc/>
    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        if (map.Partitions == 1 || (command.RecordKey is null && map.HasTogether(command.LimitsRef)))
            return store.Execute(command, out result);
        return PendingResult.Of(command, ExecuteAsync(new SplitCommand(command, map)), out result);
    }

    // Undoes a take without a record. The result has origins if it comes from several partitions.
    Task IBucketStore.Undo(in BucketCommand command, in BucketResult result)
    {
        if (result.Origins is null)
            return store.Undo(command, result);
        var split = new SplitCommand(command, map);
        var undone = new List<Task>();
        for (int part = 0; part < split.Count; part++)
        {
            if (split.ResultOf(part, result) is { } taken)
                undone.Add(store.Undo(split[part], taken));
        }

        return Task.WhenAll(undone);
    }

    /// <inheritdoc/>
    public async ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(
        string tenant, UInt128 id, CancellationToken cancellation = default)
    {
        var (head, fault) = await store.RecallAsync(tenant, id, cancellation).ConfigureAwait(false);
        if (head is null || map.Partitions == 1)
            return (head, fault);
        return await RecallAsync(tenant, id, head, needsAll: false, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(
        string tenant, UInt128 id, IdempotencyRecord head, bool needsAll, CancellationToken cancellation)
    {
        if (!RecordHead.TryRead(head.Text, out int[] partitions, out byte[] text))
            return (head, StoreFault.None);
        int count = map.Partitions;
        int[] distinct = [.. partitions.Distinct()];
        var recalls = distinct.Select(partition => store.RecallAsync(tenant, Partition.IdIn(partition, id, count), cancellation));
        var parts = await Task.WhenAll(recalls.Select(recall => recall.AsTask())).ConfigureAwait(false);
        var fault = Array.Find(parts, part => part.Fault != StoreFault.None).Fault;
        if (fault != StoreFault.None || (needsAll && Array.Exists(parts, part => part.Kept is null)))
            return (null, fault);

        var lines = new BucketLine[partitions.Length];
        var origins = new LineOrigin[partitions.Length];
        int[] taken = new int[distinct.Length];
        for (int i = 0; i < lines.Length; i++)
        {
            int part = Array.IndexOf(distinct, partitions[i]);
            // A part may be missing: it expired just before the head, or an instance decided without the store.
            bool isThere = parts[part].Kept is { } kept && taken[part] < kept.Lines.Count;
            lines[i] = isThere ? parts[part].Kept!.Lines[taken[part]++] : default;
            origins[i] = new LineOrigin(isThere ? parts[part].Kept!.Time : head.Time, default);
        }

        var whole = new IdempotencyRecord(text, lines) { Fingerprint = head.Fingerprint, Time = head.Time, Origins = origins };
        return (whole, StoreFault.None);
    }

    private async ValueTask<BucketResult> ExecuteAsync(SplitCommand split)
    {
        var results = new BucketResult[split.Count];
        bool isTake = split.Command.What == BucketOperation.Take;
        int asked = 0;
        if (split.HasRecord)
        {
            results[0] = await store.AskAsync(split[0]).ConfigureAwait(false);
            bool isDone = false;
            if (isTake && results[0].IsRemembered)
                (results[0], isDone) = await RememberedAsync(split, results[0]).ConfigureAwait(false);
            if (isDone || results[0].Fault != StoreFault.None)
                return results[0];
            asked = 1;
        }

        uint looks = await AskAsync(split, asked, results).ConfigureAwait(false);
        if (split.Command.RecordKey is { Settles: true })
            Overlook(split, results);
        int faulty = Array.FindIndex(results, result => result.Fault != StoreFault.None);
        bool isRefused = Array.Exists(results, IsRefusal);
        // OnOutage.Allow allows the request without the store, unless a limit of another partition refuses it.
        bool allows = split.Command.Limits.Plan.OnOutage == OnOutage.Allow;
        bool isFault = faulty >= 0 && !(isRefused && allows);
        bool isAllowed = isFault ? allows && IsOutage(results[faulty].Fault) : !isRefused;
        if (isTake && !isAllowed)
            GiveBack(split, results, looks);
        if (isFault)
            return results[faulty];
        for (int part = 0; part < results.Length; part++)
        {
            if (results[part].Fault != StoreFault.None)
                results[part] = split.Unasked(part, results[part]);
        }

        return split.Merge(results);
    }

    // Waits for the first request with this record, and returns its result or the fault, with IsDone true. IsDone is
    // false if this request must take from the buckets; then the result is that of the head.
    private async ValueTask<(BucketResult Result, bool IsDone)> RememberedAsync(SplitCommand split, BucketResult head)
    {
        string tenant = split.Command.Limits.Facts.Tenant;
        var id = split.Command.RecordKey!.Id;
        for (var waited = TimeSpan.Zero; waited <= store.LongestAnswer; waited += Pause)
        {
            var (kept, fault) = await store.RecallAsync(tenant, id).ConfigureAwait(false);
            if (kept is { } found)
                (kept, fault) = await RecallAsync(tenant, id, found, needsAll: true, default).ConfigureAwait(false);
            if (fault != StoreFault.None)
                return (BucketResult.Failed(fault), true);
            if (kept is not null)
                return (split.Remembered(head, kept), true);
            await Task.Delay(Pause, time).ConfigureAwait(false);
            head = await store.AskAsync(split[0]).ConfigureAwait(false);
            if (!head.IsRemembered)
                return (head, false);
        }

        // If the first request's instance died, only some parts are taken: this request takes the rest.
        var look = await store.AskAsync(split.LookAt(1)).ConfigureAwait(false);
        bool isOver = look.Fault == StoreFault.None && Math.Abs(look.NowUs - head.NowUs) > UnderWayUs;
        return isOver ? (head, false) : (BucketResult.Failed(StoreFault.Crowded), true);
    }

    // Executes the parts from an index on. After an immediate refusal, only checks later parts, and returns their bits.
    private async ValueTask<uint> AskAsync(SplitCommand split, int from, BucketResult[] results)
    {
        var pending = new PendingResult?[results.Length];
        uint looks = 0;
        bool isRefused = false;
        for (int part = from; part < results.Length; part++)
        {
            looks |= isRefused ? 1u << part : 0;
            pending[part] = store.Execute(isRefused ? split.LookAt(part) : split[part], out results[part]);
            bool isTake = split.Command.What == BucketOperation.Take;
            isRefused |= isTake && pending[part] is null && IsRefusal(results[part]);
        }

        for (int part = from; part < results.Length; part++)
        {
            if (pending[part] is not { } coming)
                continue;
            await coming.Arrival.ConfigureAwait(false);
            results[part] = coming.Take();
        }

        return looks;
    }

    // Refunds the taken parts, and deletes the record last, so that a repeat finds the whole record or none. Limits
    // stay strict meanwhile: a refund arrives one round trip later, or never if this instance dies.
    private void GiveBack(SplitCommand split, BucketResult[] results, uint looks)
    {
        var undone = new List<Task>();
        bool ownsRecord = split.HasRecord && !results[0].IsRemembered;
        var head = results[0];
        for (int part = split.HasRecord ? 1 : 0; part < results.Length; part++)
        {
            bool isTaken = (looks >> part & 1) == 0
                && results[part] is { Fault: StoreFault.None, IsRemembered: false, Outcome: BucketOutcome.Allowed };
            if (!isTaken)
                continue;
            undone.Add(store.Undo(split[part], results[part]));
            results[part] = split.GivenBack(part, results[part]);
        }

        if (ownsRecord)
            _ = ForgetAsync(split[0], head, undone);
    }

    private async Task ForgetAsync(BucketCommand head, BucketResult result, List<Task> undone)
    {
        await Task.WhenAll(undone).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await store.Undo(head, result).ConfigureAwait(false);
    }

    // Treats a part that expired just before the head as settled: its cost stays spent.
    private static void Overlook(SplitCommand split, BucketResult[] results)
    {
        for (int part = 1; part < results.Length; part++)
        {
            if (results[part].Fault is StoreFault.Gone or StoreFault.Conflict)
                results[part] = split.Unasked(part, results[part]);
        }
    }

    private static bool IsRefusal(BucketResult result) =>
        result is { Fault: StoreFault.None, Outcome: not BucketOutcome.Allowed };

    private static bool IsOutage(StoreFault fault) => fault is not (StoreFault.Conflict or StoreFault.Gone or StoreFault.AnswersFull);
}
