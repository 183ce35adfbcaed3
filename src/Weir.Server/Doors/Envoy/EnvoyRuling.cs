namespace Weir.Server;

/// <summary>Decides the requests of Envoy by its own configuration.</summary>
internal sealed class EnvoyRuling(
    EnvoyConfigs configs, EnvoyDecider decider, EnvoyMetrics metrics, TimeProvider time, WeirOptions options)
{
    /// <summary>Decides all descriptors of a request.</summary>
    /// <param name="domain">Domain of the request.</param>
    /// <param name="descriptors">Descriptors in order.</param>
    /// <param name="hits">Hits of descriptors without their own; 0 stands for 1.</param>
    public async ValueTask<EnvoyAnswer> DecideAsync(
        string domain, IReadOnlyList<EnvoyDescriptor> descriptors, uint hits = 0)
    {
        bool isEach = options.Envoy.ChargeAll;
        var request = EnvoyRequest.Of(configs.Current, domain, descriptors, hits, out var complaint);
        if (request is null || (complaint = ComplaintOf(request, isEach)) is not null)
            return EnvoyAnswer.Of(complaint!);
        var result = request.Counters.Count == 0 ? EnvoyResult.Allowed
            : isEach ? await decider.EachAsync(request)
            : await decider.TogetherAsync(request);
        if (result.IsUnavailable)
            return new EnvoyAnswer { IsUnavailable = true, IsDegraded = result.IsDegraded };
        metrics.Record(request);
        return EnvoyAnswer.Of(request, result, time.GetUtcNow());
    }

    private static Complaint? ComplaintOf(EnvoyRequest request, bool isEach)
    {
        if (request.Counters.Count == 0)
            return null;
        if (!isEach && request.Counters.Count > Plan.MaxLimits)
        {
            return new("descriptors", $"descriptors holds {request.Counters.Count} that a rule counts, and a decision "
                + $"at most {Plan.MaxLimits}: send fewer, or set Weir:Envoy:ChargeAll=true");
        }

        foreach (var counter in request.Counters)
        {
            if (counter.Hits > Bounds.MaxCost)
            {
                return new("hits_addend", $"the hits of descriptors with the same entries are {counter.Hits} together: "
                    + $"send at most {Bounds.MaxCost}");
            }
        }

        return null;
    }
}
