namespace Weir.Simulation.Worlds;

/// <summary>
/// Writes down what an instance's store admits, charges and gives back, when it is executed.
/// </summary>
/// <param name="store">The store.</param>
/// <param name="world">The world, which knows when Redis executed a command.</param>
internal sealed class ObservedStore(IBucketStore store, World world) : IBucketStore
{
    public DecisionSource Source => store.Source;

    public PendingResult? Execute(in BucketCommand command, out BucketResult result)
    {
        if (command.What == BucketOperation.Charge)
            TenantOf(command).Permits.Release(command.Limits, world.NowUs);
        if (store.Execute(command, out result) is { } pending)
            return PendingResult.Of(command, ObserveAsync(command, pending));
        Observe(command, result);
        return null;
    }

    public ValueTask<(IdempotencyRecord? Kept, StoreFault Fault)> RecallAsync(string tenant, UInt128 id, CancellationToken cancellation = default) =>
        store.RecallAsync(tenant, id, cancellation);

    private async ValueTask<BucketResult> ObserveAsync(BucketCommand command, PendingResult pending)
    {
        await pending.Arrival.ConfigureAwait(false);
        var result = pending.Take();
        Observe(command, result);
        return result;
    }

    private WorldTenant TenantOf(in BucketCommand command) => world.TenantOf(command.Limits.Facts.Tenant);

    private void Observe(in BucketCommand command, in BucketResult result)
    {
        var tenant = TenantOf(command);
        bool isTake = command.What == BucketOperation.Take, isOfRedis = result.Source == DecisionSource.Redis && !result.IsLocal;
        // Redis may have made a refund or a commit that it did not answer. A charge is undone there, as a take is.
        bool isDecidedAgain = isTake || !command.IsMadeOnce;
        if (!isDecidedAgain && result is { Degraded: true, Fault: not StoreFault.None })
            tenant.Log.Doubt(command.Limits);
        if (isDecidedAgain && result.Degraded)
            tenant.Log.Miss(command.Limits, isTake);
        if (isTake && isOfRedis && result.Fault == StoreFault.None && command.RecordKey is { } key)
            tenant.Repeats.Answer(command.Limits, key.Id, result);
        if (result.Fault != StoreFault.None || (isTake && result.Outcome != BucketOutcome.Allowed))
            return;
        // The first answer counts, though it may be one that was remembered: of a late take whose caller was refused.
        bool isFirst = !isTake || command.RecordKey is not { } record || tenant.Admitted.Add(record.Id);
        if (result.IsRemembered && (!isTake || !isFirst))
            return;
        // In an outage, each instance may charge the same request.
        if (!isFirst)
        {
            tenant.Log.Doubt(command.Limits);
            return;
        }

        long atUs = isOfRedis ? world.AppliedAt(result.NowUs) : world.NowUs;
        int index = 0;
        foreach (var limit in command.Limits)
        {
            int at = index++;
            // A limit in shadow may have refused.
            if (!isTake || result[at].Outcome == BucketOutcome.Allowed)
            {
                if (isTake)
                    tenant.Permits.Hold(command.Limits, limit, atUs);
                tenant.Log.Write(limit, command.Limits, new LogEntry(atUs, limit.CostOf(command.Limits.Facts), isTake));
            }
        }
    }
}
